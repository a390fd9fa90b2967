"""Writes a prepared data set as video files with label files beside them."""

import dataclasses
import itertools
import math
import pathlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PIL import Image

from tcc.datasets.labels import annotations, phase_segments
from tcc.datasets.preparing import pictures
from tcc.io import atomic_files, safe_names
from tcc.video import files, prepared
from tcc.video.files import encoders

JSON_NAME = "labels.json"
TABLE_NAME = "labels.csv"
INDEX_NAME = "videos.csv"
ANNOTATOR = "prepared"  # in the JSON, which must name one
# Of sets that do not say it, such as those of TFDS's own catalogue.
UNKNOWN_FPS = 30.0


@dataclasses.dataclass(frozen=True)
class ExportedVideo:
    """What is written about a video beside its file.

    Attributes:
      key: "<split>/<file name without ending>", as label files call it.
      name: in the prepared set; the file name is a safe form of it.
      num_frames: of the video.
      fps: frames per second, on average.
      label: its action, -1 for none.
      source: path of the file that it was prepared from, "" if unknown.
      segments: runs of phases, in seconds.
      remarks: what the label files cannot say.
    """

    key: str
    name: str
    num_frames: int
    fps: float
    label: int
    source: str
    segments: list[annotations.Segment]
    remarks: list[str]


def export_split(
    dataset: prepared.PreparedDataset,
    split: str,
    folder: pathlib.Path,
    *,
    data_dir: str,
) -> Iterator[ExportedVideo]:
    """Writes the videos of a split as `<folder>/<split>/<name>.mp4`.

    Args:
      dataset: the prepared set.
      split: its name.
      folder: where the split's folder is made.
      data_dir: of the data set.

    Yields:
      Of each video what the label files say about it. One video is held at a
      time, and of its frames one decoded.

    Raises:
      ValueError: when a frame cannot be decoded; names video and frame.
    """
    target = folder / safe_names.make_safe(split)
    target.mkdir()
    taken: set[str] = set()
    for video in prepared.iterate_videos(dataset.name, data_dir, split):
        file_name = safe_names.make_unique(video.name, taken)
        video = _with_times(video)
        files.write_video(
            target / f"{file_name}.mp4",
            _decode(video, split),
            fps=video.fps,
            timestamps=encoders.times_apart(
                video.timestamps - video.timestamps[0]
            ).tolist(),
        )
        runs = phase_segments.find(
            video.frame_labels,
            video.timestamps - video.timestamps[0],
            fps=video.fps,
            phase_names=dataset.phase_names,
        )
        yield ExportedVideo(
            key=f"{target.name}/{file_name}",
            name=video.name,
            num_frames=len(video.jpegs),
            fps=video.fps,
            label=video.label,
            source=video.source,
            segments=runs.segments,
            remarks=runs.remarks,
        )


def _with_times(video: prepared.Video) -> prepared.Video:
    """Returns the video with a frame rate, if it has none."""
    if math.isfinite(video.fps):
        return video
    times = np.arange(len(video.jpegs)) / UNKNOWN_FPS
    return dataclasses.replace(video, fps=UNKNOWN_FPS, timestamps=times)


def _decode(video: prepared.Video, split: str) -> Iterator[np.ndarray]:
    """Yields frames, all of the first one's size, as a video file needs."""
    size = None
    for index, jpeg in enumerate(video.jpegs):
        try:
            with pictures.open_picture(jpeg) as picture:
                frame = pictures.to_rgb(picture)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"frame {index} of video {video.name!r} (split {split!r}) "
                f"cannot be decoded ({error}). Prepare the data set again."
            ) from error
        size = size or frame.size
        if frame.size != size:  # of a set that another program prepared
            frame = frame.resize(size, Image.Resampling.BOX)
        yield np.asarray(frame)


def write_labels(
    folder: pathlib.Path,
    videos: Sequence[ExportedVideo],
    phase_names: Sequence[str],
) -> None:
    """Writes the index of the videos, and label files if there are labels.

    Args:
      folder: of the export.
      videos: of all splits.
      phase_names: by index.
    """
    _write_table(
        folder / INDEX_NAME,
        ("video", "name", "frames", "fps", "action", "source"),
        (
            (
                f"{video.key}.mp4",
                video.name,
                video.num_frames,
                f"{video.fps:.6g}",
                video.label,
                video.source,
            )
            for video in videos
        ),
    )
    labelled = [video for video in videos if video.segments]
    if not labelled:
        return
    content = {
        video.key: {
            ANNOTATOR: {
                str(segment.phase): [
                    round(segment.start * 1e6),  # microseconds
                    round(segment.end * 1e6),
                ]
                for segment in phase_segments.keep_longest(video.segments)
            }
        }
        for video in labelled
    }
    atomic_files.write_json(folder / JSON_NAME, content, ensure_ascii=False)
    _write_table(
        folder / TABLE_NAME,
        ("video", "start", "end", "phase", "phase_name"),
        (
            (
                video.key,
                f"{segment.start:.6f}",
                f"{segment.end:.6f}",
                segment.phase,
                dict(enumerate(phase_names)).get(segment.phase, ""),
            )
            for video in labelled
            for segment in video.segments
        ),
    )


def _write_table(
    path: pathlib.Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    atomic_files.write_table(path, itertools.chain([header], rows))
