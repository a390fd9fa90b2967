"""Pictures and tables of a prepared data set, as files in a folder."""

import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from tcc.datasets.preparing import video_record
from tcc.datasets.showing import (
    contact_sheet,
    phase_statistics,
    reading,
    statistics_table,
    summary,
)
from tcc.io import atomic_files, atomic_folders, safe_names
from tcc.visualization import timelines

CONTACT_SHEET = "contact_sheet.png"
STATISTICS = "statistics.csv"
_ROWS = 40  # videos in a picture of timelines
_Row = tuple[str, np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Shown:
    """What is shown: tables, and how many pictures of videos."""

    text: str
    num_pictures: int


def show(
    folder: pathlib.Path, output: pathlib.Path, *, videos_per_split: int
) -> Shown:
    """Draws a prepared data set and counts what is in it.

    Writes `contact_sheet.png`; for the first videos of each split
    `videos/<split>/<name>.png` with frames and phases over time; of all
    videos `timelines_<split>_<number>.png` and `statistics.csv`.

    Args:
      folder: of the prepared data set, with its version.
      output: a new folder.
      videos_per_split: how many get a picture of their own.

    Returns:
      The tables as text.

    Raises:
      ValueError: when a frame cannot be decoded, or the output is there
        already.
    """
    builder = reading.open_folder(folder)
    phase_names = list((builder.info.metadata or {}).get("phase_names", []))
    statistics: list[phase_statistics.VideoStatistics] = []
    num_pictures = 0
    with atomic_folders.write(output) as target:
        atomic_files.write_picture(
            target / CONTACT_SHEET, contact_sheet.draw(folder)
        )
        for split in builder.info.splits:
            rows: list[_Row] = []
            names = _unique_names(builder, split)
            for index, (video, file_name) in enumerate(names):
                times = video.timestamps - video.timestamps[0]
                statistics.append(
                    phase_statistics.describe_video(
                        split,
                        video.name,
                        video.frame_labels,
                        times,
                        fps=video.fps,
                        num_phases=len(phase_names),
                    )
                )
                rows.append((file_name, times, video.frame_labels))
                if index < videos_per_split:
                    path = target / "videos" / split / f"{file_name}.png"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    atomic_files.write_picture(
                        path, _draw_video(video, split, phase_names)
                    )
                    num_pictures += 1
            _draw_timelines(target, split, rows, phase_names)
        statistics_table.write_csv(target / STATISTICS, statistics, phase_names)
    text = "\n\n".join(
        [
            summary.describe(folder),
            statistics_table.format_tables(statistics, phase_names),
        ]
    )
    return Shown(text, num_pictures)


def _unique_names(
    builder: tfds.core.DatasetBuilder, split: str
) -> Iterator[tuple[video_record.VideoRecord, str]]:
    taken: set[str] = set()
    for video in reading.iterate_videos(builder, split):
        yield video, safe_names.make_unique(video.name, taken)


def _draw_video(
    video: video_record.VideoRecord, split: str, phase_names: list[str]
) -> Image.Image:
    """Returns frames, and below them the phases over time in seconds."""
    strip = contact_sheet.draw_video(
        video, title=split, num_phases=len(phase_names)
    )
    if np.all(video.frame_labels < 0):
        return strip
    times = video.timestamps - video.timestamps[0]
    row = ("phases", times, video.frame_labels)
    timeline = timelines.phase_timelines([row], phase_names=phase_names)
    return contact_sheet.stack([strip, Image.fromarray(timeline)])


def _draw_timelines(
    target: pathlib.Path,
    split: str,
    rows: list[_Row],
    phase_names: list[str],
) -> None:
    """Draws the phases of all labelled videos, some in each picture."""
    labelled = [row for row in rows if np.any(row[2] >= 0)]
    for number, start in enumerate(range(0, len(labelled), _ROWS), 1):
        picture = timelines.phase_timelines(
            labelled[start : start + _ROWS], phase_names=phase_names
        )
        path = target / f"timelines_{split}_{number}.png"
        atomic_files.write_picture(path, Image.fromarray(picture))
