"""Writes whole prepared data sets, complete or not at all."""

import math
import pathlib
import shlex
from collections.abc import Iterator, Sequence
from typing import TypeVar

import tqdm

from tcc.datasets.exporting import tfrecord_export, video_export
from tcc.io import atomic_folders, safe_names
from tcc.video import prepared

_SHOWN = 10  # remarks in a message
_Item = TypeVar("_Item")


def export_videos(dataset: str, *, output: pathlib.Path, data_dir: str) -> str:
    """Writes a prepared data set as .mp4 files with label files.

    Args:
      dataset: its name, as in `prepared.open_dataset`.
      output: a new folder.
      data_dir: of the data set.

    Returns:
      What was written, for people.

    Raises:
      FileNotFoundError: when the data set is not there.
      ValueError: when it is damaged, or the output is there already.
    """
    opened = prepared.open_dataset(dataset, data_dir)
    videos: list[video_export.ExportedVideo] = []
    with atomic_folders.write(output) as folder:
        for split in opened.info.splits:
            exported = video_export.export_split(
                opened, split, folder, data_dir=data_dir
            )
            count = opened.info.splits[split].num_examples
            videos += _with_bar(exported, split, count)
        video_export.write_labels(folder, videos, opened.phase_names)
    return _describe_videos(videos, output, opened.phase_names)


def export_tfrecords(
    dataset: str, *, output: pathlib.Path, data_dir: str
) -> str:
    """Writes a prepared data set as TFRecords of the original's format.

    Args:
      dataset: its name, as in `prepared.open_dataset`.
      output: the root; the files come into a new folder `<set>_tfrecords`.
      data_dir: of the data set.

    Returns:
      What was written, for people.

    Raises:
      FileNotFoundError: when the data set is not there.
      ValueError: when it is damaged, or the output is there already.
    """
    opened = prepared.open_dataset(dataset, data_dir)
    info = opened.info
    name = safe_names.make_safe(
        "_".join(filter(None, (info.name, info.config_name)))
    )
    target = output / f"{name}_tfrecords"
    lines = []
    rates: set[float] = set()
    with atomic_folders.write(target) as folder:
        for split in info.splits:
            found = tfrecord_export.export_split(
                opened, split, folder, data_dir=data_dir, set_name=name
            )
            lines.append(f"{split}: {len(found)} videos")
            rates.update(float(f"{rate:.4g}") for rate in found)
    command = (
        f"python -m tcc.datasets.prepare --dataset=tcc_tfrecords/{name} "
        f"--source_dir={shlex.quote(str(target))}"
        f"{_names_flag(opened.phase_names)}"
    )
    if len(rates) == 1 and math.isfinite(rate := min(rates)):
        command += f" --source_fps={rate:g}"
    return "\n".join(
        [
            *lines,
            f"Written to {target}",
            "The format has no times. Frames per second were: "
            + ", ".join(f"{rate:g}" for rate in sorted(rates)),
            f"Prepare them again: {command}",
        ]
    )


def _with_bar(
    items: Iterator[_Item], split: str, count: int
) -> Iterator[_Item]:
    yield from tqdm.tqdm(
        items, desc=f"Writing {split}", total=count, unit="video"
    )


def _describe_videos(
    videos: Sequence[video_export.ExportedVideo],
    output: pathlib.Path,
    phase_names: Sequence[str],
) -> str:
    labelled = sum(bool(video.segments) for video in videos)
    remarks = [
        f"{video.key}: {remark}."
        for video in videos
        for remark in video.remarks
    ]
    if len(remarks) > _SHOWN:
        rest = len(remarks) - _SHOWN
        remarks = [*remarks[:_SHOWN], f"... and {rest} more such remarks."]
    command = (
        f"python -m tcc.datasets.prepare --dataset=video_folder "
        f"--videos={shlex.quote(str(output))}"
    )
    if labelled:
        path = shlex.quote(str(output / video_export.JSON_NAME))
        command += f" --labels={path}"
    if labelled:
        command += _names_flag(phase_names)
    return "\n".join(
        [
            *remarks,
            f"{len(videos)} videos, {labelled} of them labelled, in {output}",
            f"Prepare them again: {command}",
        ]
    )


def _names_flag(phase_names: Sequence[str]) -> str:
    if not phase_names:
        return ""
    return f" --label_names={shlex.quote(','.join(phase_names))}"
