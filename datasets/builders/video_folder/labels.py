"""Gives the videos of a folder the phases that a label file has for them."""

import pathlib
from collections.abc import Sequence

from tcc.datasets.builders.video_folder import listing
from tcc.datasets.labels import annotations, label_files, label_tables

_SHOWN = 5  # problems in a message


def match(
    videos: Sequence[listing.VideoFile],
    path: pathlib.Path,
    *,
    skip_bad: bool,
    skipped: dict[str, str],
    notes: dict[str, str],
    phase_names: Sequence[str] = (),
    unit: str | None = None,
) -> dict[listing.VideoFile, list[annotations.Segment]]:
    """Reads a label file and finds each entry's video.

    Args:
      videos: of the folder.
      path: of the label file: a JSON (`label_files`), or a table whose name
        ends in .csv (`label_tables`).
      skip_bad: go on without entries, or a whole file, that are bad.
      skipped: receives {entry: reason} of those.
      notes: receives {entry: remark} of those whose gaps, overlaps or
        annotators' differences were mended.
      phase_names: by index, for files that name phases.
      unit: of a table's times; see `label_tables`.

    Returns:
      The segments of the labelled videos; the others are unlabelled.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when the file, or an entry, is bad or fits no video, unless
        `skip_bad`.
    """
    try:
        content = label_tables.read_any(
            path, phase_names=phase_names, unit=unit
        )
    except ValueError as error:
        if not skip_bad:
            raise
        skipped[path.name] = str(error)
        return {}
    matched, problems = pair(videos, content, path)
    if problems and not skip_bad:
        raise ValueError(_report(path, problems, videos[0].name))
    notes.update(
        {f"{path.name}: {key}": why for key, why in content.remarks.items()}
    )
    skipped.update({f"{path.name}: {k}": why for k, why in problems.items()})
    return matched


def pair(
    videos: Sequence[listing.VideoFile],
    content: label_files.LabelFile,
    path: pathlib.Path,
) -> tuple[dict[listing.VideoFile, list[annotations.Segment]], dict[str, str]]:
    """Finds the video of each entry of a label file.

    Args:
      videos: of the folder.
      content: of the label file.
      path: of the label file, for messages.

    Returns:
      The segments of the labelled videos; and the problems of entries, also
      those that the file has by itself, by their keys.
    """
    by_key: dict[str, list[listing.VideoFile]] = {}
    for video in videos:
        for key in set(video.label_keys):  # a folder has no ending
            by_key.setdefault(key, []).append(video)
    problems = dict(content.problems)
    matched: dict[listing.VideoFile, list[annotations.Segment]] = {}
    for key, segments in content.segments.items():
        found = by_key.get(key, [])
        if not found:
            problems[key] = f"{path}: there is no video {key!r}."
        elif len(found) > 1:
            names = " or ".join(video.label_keys[1] for video in found)
            problems[key] = f"{path}: for {key!r} use the key {names}."
        elif found[0] in matched:
            problems[key] = f"{path}: two entries for {found[0].path}."
        else:
            matched[found[0]] = segments
    return matched, problems


def _report(path: pathlib.Path, problems: dict[str, str], example: str) -> str:
    """Returns the first problems and how to mend them."""
    shown = list(problems.values())[:_SHOWN]
    if len(problems) > _SHOWN:
        shown.append(f"... and {len(problems) - _SHOWN} more.")
    shown.append(
        f"Mend these entries of {path.name} or remove them (keys are names of "
        f"video files, like {example!r}), or leave them out with --skip_bad."
    )
    return "\n".join(shown)
