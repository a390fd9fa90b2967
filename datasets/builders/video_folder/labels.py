"""Gives the videos of a folder the phases that a label file has for them."""

import pathlib
from collections.abc import Sequence

from tcc.datasets.builders.video_folder import contents, label_keys, listing
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
      path: of the label file: a JSON (`label_files`), or a table
        (`label_tables`).
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


def match_files(
    paths: Sequence[pathlib.Path],
    path: pathlib.Path,
    *,
    phase_names: Sequence[str] = (),
    unit: str | None = None,
) -> dict[pathlib.Path, list[annotations.Segment]]:
    """Reads a label file for some video files, which may be some of many.

    What it says of other videos is left alone, as long as these stand beside
    those given, beside the label file, or in the other splits.

    Args:
      paths: of video files.
      path: of the label file, as for `match`.
      phase_names: by index, for files that name phases.
      unit: of a table's times.

    Returns:
      The segments of the labelled ones, one at least.

    Raises:
      FileNotFoundError: when there is no such label file.
      ValueError: when the file, or an entry, is bad, fits no video, or none
        fits those given.
    """
    content = label_tables.read_any(path, phase_names=phase_names, unit=unit)
    videos = [listing.VideoFile(p, _split_of(p)) for p in paths]
    known = label_keys.Index(videos)
    others = [key for key in content.segments if not known.find(key)]
    for key in others:
        del content.segments[key]
    matched, problems = pair(videos, content, path)
    if not problems and not matched:
        raise ValueError(
            f"{path} has labels of none of the videos"
            f" {', '.join(video.name for video in videos[:_SHOWN])}. Its keys"
            " must be names of video files. Received:"
            f" {', '.join(map(repr, others[:_SHOWN])) or 'no entry'}"
        )
    beside = label_keys.Index(_list_beside(paths, path) if others else [])
    problems |= {
        key: _no_video(path, content, known, key)
        for key in others
        if not beside.find(key)
    }
    if problems:
        shown = list(problems.values())[:_SHOWN]
        raise ValueError(
            "\n".join(shown)
            + f"\n{len(problems)} such entries: mend or remove them."
        )
    return {video.path: found for video, found in matched.items()}


def _split_of(path: pathlib.Path) -> str:
    return path.parent.name if path.parent.name in listing.SPLITS else ""


def _list_beside(
    paths: Sequence[pathlib.Path], label_path: pathlib.Path
) -> list[listing.VideoFile]:
    """Lists the videos that a label file of a whole set may be about."""
    folders = {p.parent for p in (*paths, label_path)}
    folders |= {
        folder.parent for folder in folders if folder.name in listing.SPLITS
    }
    folders |= {
        folder / split
        for folder in folders
        for split in listing.SPLITS
        if (folder / split).is_dir()
    }
    found = []
    for folder in folders:
        inside = contents.look(folder)
        found += [
            listing.VideoFile(p, _split_of(p), p in inside.picture_folders)
            for p in (*inside.files, *inside.picture_folders)
        ]
    return found


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
    known = label_keys.Index(videos)
    problems = dict(content.problems)
    matched: dict[listing.VideoFile, list[annotations.Segment]] = {}
    keys: dict[listing.VideoFile, str] = {}
    for key, segments in content.segments.items():
        found = known.find(key)
        if not found:
            problems[key] = _no_video(path, content, known, key)
        elif len(found) > 1:
            names = " or ".join(video.label_keys[1] for video in found[:_SHOWN])
            problems[key] = (
                f"{path}: for {key!r}{content.where(key)} use the key {names}."
            )
        elif found[0] in matched:
            other = keys[found[0]]
            problems[key] = (
                f"{path}: two entries for {found[0].path}: {other!r}"
                f"{content.where(other)} and {key!r}{content.where(key)}. "
                "Keep one."
            )
        else:
            matched[found[0]] = segments
            keys[found[0]] = key
    return matched, problems


def _no_video(
    path: pathlib.Path,
    content: label_files.LabelFile,
    known: label_keys.Index,
    key: str,
) -> str:
    like = known.find_like(key)
    hint = f" Is it {like!r}?" if like else ""
    return f"{path}: there is no video {key!r}{content.where(key)}.{hint}"


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
