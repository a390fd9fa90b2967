"""Makes one prepared video from a video file.

Runs in worker processes, so it imports neither TensorFlow nor TFDS.
"""

import dataclasses
import pathlib

import numpy as np

from tcc.datasets import annotations, jpeg, video_record
from tcc.video import files


@dataclasses.dataclass(frozen=True)
class FileSource:
    """A video file, its labels, and how its frames are kept."""

    path: pathlib.Path
    name: str
    origin: str  # the path as the user sees it, within the folder
    segments: tuple[annotations.Segment, ...]  # none when unlabelled
    fps: float | None  # frames per second to keep; None keeps all
    shorter_side: int | None  # pixels; None keeps the size


def make_video(source: FileSource) -> video_record.VideoRecord:
    """Decodes a video file and labels its frames.

    Args:
      source: which file, and how.

    Returns:
      The video, without labels when the source has none.

    Raises:
      ValueError: when the file cannot be read, or its labels do not fit it.
    """
    times, jpegs = [], []
    frames = files.read_frames(
        source.path, fps=source.fps, shorter_side=source.shorter_side
    )
    for frame in frames:
        times.append(frame.timestamp)
        jpegs.append(jpeg.encode(frame.pixels))
    timestamps = np.array(times)
    if len(times) > 1:
        fps = (len(times) - 1) / (timestamps[-1] - timestamps[0])
    else:
        fps = source.fps or files.probe(source.path).fps or 1.0
    return video_record.VideoRecord(
        name=source.name,
        jpegs=jpegs,
        timestamps=timestamps,
        frame_labels=_label(source, timestamps, 1 / fps),
        fps=float(fps),
    )


def _label(
    source: FileSource, timestamps: np.ndarray, interval: float
) -> np.ndarray:
    """Returns int64 [L]; refuses labels that are not about this video."""
    if not source.segments:
        return np.full(len(timestamps), video_record.UNLABELLED, np.int64)
    first = source.segments[0].start
    last = max(segment.end for segment in source.segments)
    length = timestamps[-1] + interval
    # The original's times are microseconds. Seconds or milliseconds in their
    # place end within the first frames, and would label all with one phase.
    if first > length or last < 0.01 * length:
        raise ValueError(
            f"The labels of {source.path} span {first:g} to {last:g} s, but it "
            f"is {length:.2f} s long. Are they another video's, or not in "
            "microseconds?"
        )
    return annotations.label_timestamps(timestamps, source.segments)
