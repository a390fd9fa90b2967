"""Gives the videos of a folder the phases that a label file has for them."""

import pathlib
from collections.abc import Sequence

from tcc.datasets import annotations, label_files
from tcc.datasets.video_folder import listing


def match(
    videos: Sequence[listing.VideoFile],
    path: pathlib.Path,
    *,
    skip_bad: bool,
    skipped: dict[str, str],
) -> dict[listing.VideoFile, list[annotations.Segment]]:
    """Reads a label file and finds each entry's video.

    Args:
      videos: of the folder.
      path: of the label file.
      skip_bad: go on without entries, or a whole file, that are bad.
      skipped: receives {entry: reason} of those.

    Returns:
      The segments of the labelled videos; the others are unlabelled.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when the file, or an entry, is bad or fits no video, unless
        `skip_bad`.
    """
    try:
        content = label_files.read_json(path)
    except ValueError as error:
        if not skip_bad:
            raise
        skipped[path.name] = str(error)
        return {}
    problems = dict(content.problems)
    matched: dict[listing.VideoFile, list[annotations.Segment]] = {}
    by_key: dict[str, list[listing.VideoFile]] = {}
    for video in videos:
        for key in video.label_keys:
            by_key.setdefault(key, []).append(video)
    for key, segments in content.segments.items():
        found = by_key.get(key, [])
        if len(found) != 1:
            problems[key] = _mismatch(path, key, found, videos)
        elif found[0] in matched:
            problems[key] = f"{path}: two entries for {found[0].path}."
        else:
            matched[found[0]] = segments
    if problems and not skip_bad:
        raise ValueError("\n".join(problems.values()))
    skipped.update({f"{path.name}: {k}": why for k, why in problems.items()})
    return matched


def _mismatch(
    path: pathlib.Path,
    key: str,
    found: Sequence[listing.VideoFile],
    videos: Sequence[listing.VideoFile],
) -> str:
    if found:
        names = ", ".join(video.label_keys[1] for video in found)
        return (
            f"{path}: {key!r} may be any of {names}; use one of these as key."
        )
    return (
        f"{path}: there is no video {key!r}; the first video is called "
        f"{videos[0].name!r}. Rename the entry or the file, or remove the "
        "entry."
    )
