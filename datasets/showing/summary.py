"""What is in a prepared data set, counted from the data themselves."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tcc.datasets.showing import reading


@dataclasses.dataclass(frozen=True)
class SplitSummary:
    """The counts of a split; `phase_frames` is int64 [phases]."""

    split: str
    num_videos: int
    num_labelled: int  # videos with at least one labelled frame
    num_frames: int
    seconds: float
    phase_frames: np.ndarray


def summarize(folder: pathlib.Path) -> list[SplitSummary]:
    """Counts videos, frames, seconds and phases.

    Args:
      folder: of a prepared data set, with its version.

    Returns:
      The counts of each split.
    """
    builder = reading.open_folder(folder)
    num_phases = len((builder.info.metadata or {}).get("phase_names", []))
    return [
        _summarize(builder, split, num_phases) for split in builder.info.splits
    ]


def _summarize(builder, split: str, num_phases: int) -> SplitSummary:
    num_videos = num_labelled = num_frames = 0
    seconds = 0.0
    phase_frames = np.zeros(num_phases, np.int64)
    for video in reading.iterate_videos(builder, split):
        labels = video.frame_labels[video.frame_labels >= 0]
        num_videos += 1
        num_labelled += bool(labels.size)
        num_frames += len(video.jpegs)
        seconds += len(video.jpegs) / video.fps
        phase_frames += np.bincount(labels, minlength=num_phases)
    return SplitSummary(
        split, num_videos, num_labelled, num_frames, seconds, phase_frames
    )


def describe(folder: pathlib.Path) -> str:
    """Returns the counts of a prepared data set as text.

    Args:
      folder: of a prepared data set, with its version.

    Returns:
      A table, and below it what its preparation skipped or remarked.
    """
    metadata = reading.open_folder(folder).info.metadata or {}
    return format_summary(
        summarize(folder),
        metadata.get("phase_names", []),
        metadata.get("skipped", {}),
        metadata.get("notes", {}),
    )


def format_summary(
    summaries: Sequence[SplitSummary],
    phase_names: Sequence[str],
    skipped: Mapping[str, str],
    notes: Mapping[str, str],
) -> str:
    """Returns the counts as a table, and below it what was skipped.

    Args:
      summaries: of each split.
      phase_names: by index.
      skipped: {file: reason}.
      notes: {file or field: remark}.

    Returns:
      Lines of text.
    """
    header = ["", *(summary.split for summary in summaries)]
    rows = [
        ["clips", *(str(s.num_videos) for s in summaries)],
        ["  labelled", *(str(s.num_labelled) for s in summaries)],
        [
            "  unlabelled",
            *(str(s.num_videos - s.num_labelled) for s in summaries),
        ],
        ["frames", *(str(s.num_frames) for s in summaries)],
        ["seconds", *(f"{s.seconds:.1f}" for s in summaries)],
    ]
    if phase_names:
        rows.append(["frames of phase", *("" for _ in summaries)])
    for phase, name in enumerate(phase_names):
        counts = (str(s.phase_frames[phase]) for s in summaries)
        rows.append([f"  {phase} {name}", *counts])
    lines = align([header, *rows])
    lines.append(f"skipped: {len(skipped) or 'none'}")
    lines += [f"  {origin}: {reason}" for origin, reason in skipped.items()]
    if notes:
        lines.append(f"notes: {len(notes)}")
    lines += [f"  {origin}: {remark}" for origin, remark in notes.items()]
    return "\n".join(lines)


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pads columns to one width: the first behind its text, others before it.

    Args:
      rows: all with as many cells.

    Returns:
      A line for each.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
