"""Tables of what `phase_statistics` counts."""

import csv
import pathlib
from collections.abc import Sequence

import numpy as np

from tcc.datasets.labels import phase_segments
from tcc.datasets.showing import phase_statistics, summary
from tcc.io import atomic_files

_SHOWN = 20  # videos in the list of irregularities


def format_tables(
    videos: Sequence[phase_statistics.VideoStatistics],
    phase_names: Sequence[str],
) -> str:
    """Returns lengths, phases, and what is irregular, as text.

    Args:
      videos: of one data set.
      phase_names: by index.

    Returns:
      Three tables, the last two only of a labelled set.
    """
    lines = _format_lengths(videos)
    labelled = [video for video in videos if video.is_labelled]
    if not labelled:
        return "\n".join([*lines, "", "no video has phases"])
    order = phase_statistics.usual_order(labelled)
    lines += ["", *_format_phases(labelled, order, phase_names)]
    lines += ["", *_format_irregular(labelled, order, phase_names)]
    return "\n".join(lines)


def _format_lengths(
    videos: Sequence[phase_statistics.VideoStatistics],
) -> list[str]:
    header = ["length in seconds", "videos", "shortest", "median", "longest"]
    rows = [[*header, "frames", "frames/s"]]
    for split in dict.fromkeys(video.split for video in videos):
        chosen = [video for video in videos if video.split == split]
        seconds = np.array([video.seconds for video in chosen])
        frames = sum(video.num_frames for video in chosen)
        rows.append(
            [
                f"  {split}",
                str(len(chosen)),
                *(f"{np.quantile(seconds, q):.1f}" for q in (0, 0.5, 1)),
                str(frames),
                f"{frames / seconds.sum():.1f}",
            ]
        )
    return summary.align(rows)


def _format_phases(
    videos: Sequence[phase_statistics.VideoStatistics],
    order: Sequence[int],
    phase_names: Sequence[str],
) -> list[str]:
    """Of each phase: how many videos have it, how long, what share."""
    header = ["phase, in usual order", "videos", "missing"]
    rows = [[*header, "shortest s", "median s", "longest s", "share"]]
    total = sum(video.seconds for video in videos)
    never = sorted(set(range(len(phase_names))) - set(order))
    for phase in [*order, *never]:
        lengths = np.array(
            [v.phase_seconds[phase] for v in videos if phase in v.runs]
        )
        quantiles = (
            [f"{np.quantile(lengths, q):.2f}" for q in (0, 0.5, 1)]
            if len(lengths)
            else ["-"] * 3
        )
        rows.append(
            [
                f"  {phase_segments.phase_name(phase, phase_names)}",
                str(len(lengths)),
                str(len(videos) - len(lengths)),
                *quantiles,
                f"{lengths.sum() / total:.1%}",
            ]
        )
    return summary.align(rows)


def _format_irregular(
    videos: Sequence[phase_statistics.VideoStatistics],
    order: Sequence[int],
    phase_names: Sequence[str],
) -> list[str]:
    found = []
    for video in videos:
        remarks = describe_irregular(video, order, phase_names)
        if remarks:
            found.append(f"  {video.split}/{video.name}: {remarks}")
    lines = [f"videos that differ from the usual order: {len(found) or 'none'}"]
    if len(found) > _SHOWN:
        rest = f"  ... and {len(found) - _SHOWN} more, in the CSV file"
        found = [*found[:_SHOWN], rest]
    return lines + found


def describe_irregular(
    video: phase_statistics.VideoStatistics,
    order: Sequence[int],
    phase_names: Sequence[str],
) -> str:
    """Returns missing phases and steps back of a video; "" if there are none.

    Args:
      video: its statistics.
      order: of `phase_statistics.usual_order`.
      phase_names: by index.
    """

    def name(phase: int) -> str:
        return phase_segments.phase_name(phase, phase_names)

    # What no video has is no news of this one.
    missing = [name(p) for p in video.missing if p in order]
    back = [
        f"{name(after)} after {name(before)}"
        for before, after in phase_statistics.order_violations(video, order)
    ]
    parts = []
    if missing:
        parts.append(f"missing {', '.join(missing)}")
    if back:
        parts.append(f"out of order: {', '.join(back)}")
    return "; ".join(parts)


def write_csv(
    path: pathlib.Path,
    videos: Sequence[phase_statistics.VideoStatistics],
    phase_names: Sequence[str],
) -> None:
    """Writes a line for each video.

    Args:
      path: of the file.
      videos: of one data set.
      phase_names: by index; one column of seconds for each.
    """
    order = phase_statistics.usual_order(videos)
    num_phases = max([len(phase_names), *(len(v.starts) for v in videos)])
    names = [
        phase_segments.phase_name(p, phase_names) for p in range(num_phases)
    ]
    header = ["split", "name", "frames", "seconds"]
    header += [f"seconds of {name}" for name in names]
    with (
        atomic_files.write(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow([*header, "irregular"])
        for video in videos:
            phases = np.zeros(num_phases)
            phases[: len(video.phase_seconds)] = video.phase_seconds
            writer.writerow(
                [
                    video.split,
                    video.name,
                    video.num_frames,
                    f"{video.seconds:.3f}",
                    *(f"{seconds:.3f}" for seconds in phases),
                    describe_irregular(video, order, phase_names),
                ]
            )
