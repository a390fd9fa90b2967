"""Makes one prepared video of Penn Action.

Runs in worker processes, so it imports neither TensorFlow nor TFDS.
"""

import dataclasses
import pathlib

import numpy as np

from tcc.datasets.builders.penn_action import mat_files
from tcc.datasets.labels import annotations, phase_arrays
from tcc.datasets.preparing import image_frames, jpeg, video_record
from tcc.io import folder_entries


@dataclasses.dataclass(frozen=True)
class PennVideo:
    """A video, its annotations, and how its frames are kept."""

    frames: pathlib.Path  # folder
    mat: pathlib.Path
    label: int  # of its action in the prepared set
    first_phase: int  # of its action in the prepared set
    num_phases: int  # of its action
    phases: pathlib.Path | None  # .npy
    segments: tuple[annotations.Segment, ...]  # instead, of a label file
    source_fps: float
    fps: float | None  # frames per second to keep; None keeps all
    shorter_side: int | None  # pixels; None keeps the size

    @property
    def name(self) -> str:
        """Its number in the set, "0001"."""
        return self.frames.name

    @property
    def origin(self) -> str:
        """The folder of its frames."""
        return str(self.frames)


def make_video(source: PennVideo) -> video_record.VideoRecord:
    """Reads a video.

    Args:
      source: which one, and how.

    Returns:
      The video with the extras `pose`, `visibility` and `bbox`; see
      `mat_files.Pose`. Coordinates are those of the kept frames.

    Raises:
      ValueError: when a file is damaged, or they do not fit each other.
    """
    paths = image_frames.find(source.frames)
    for path in paths:
        folder_entries.require_file(path)
    kept = image_frames.keep_files(
        paths,
        source_fps=source.source_fps,
        fps=source.fps,
        shorter_side=source.shorter_side,
    )
    pose = mat_files.read_pose(source.mat, len(paths))
    width = jpeg.size_of(kept.jpegs[0])[0]
    scale = width / pose.width if source.shorter_side and pose.width else 1.0
    return video_record.VideoRecord(
        name=source.name,
        jpegs=kept.jpegs,
        timestamps=kept.timestamps,
        frame_labels=_label(source, len(paths))[kept.indices],
        fps=kept.fps,
        label=source.label,
        remarks=kept.remarks,
        extras={
            "pose": (pose.joints * scale)[kept.indices].astype(np.float32),
            "visibility": pose.visibility[kept.indices],
            "bbox": (pose.bbox * scale)[kept.indices].astype(np.float32),
        },
    )


def _label(source: PennVideo, num_frames: int) -> np.ndarray:
    """Returns int64 [num_frames], phases of the prepared set."""
    if source.phases is not None:
        labels = phase_arrays.read(source.phases, num_phases=source.num_phases)
        labels = phase_arrays.resample(labels, num_frames)
    elif source.segments:
        last = max(segment.phase for segment in source.segments)
        if last >= source.num_phases:
            raise ValueError(
                f"The labels of {source.name} must be phases below "
                f"{source.num_phases}, those of its action. Mend the label "
                f"file. Received: {last}."
            )
        unit = 1.0 if source.segments[0].unit == "frames" else source.source_fps
        times = np.arange(num_frames) / unit
        labels = annotations.label_timestamps(times, source.segments)
    else:
        return np.full(num_frames, video_record.UNLABELLED, np.int64)
    return np.where(labels >= 0, labels + source.first_phase, labels)
