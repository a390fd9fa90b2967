"""A video as the builders make it, before TFDS writes it."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tcc.datasets.preparing import jpeg
from tcc.io import limits

# What only the making of a data set asks for.
NOT_STORED = ("seconds", "remarks")
UNLABELLED = -1  # in frame_labels; also the label of a video without action
_MAX_BYTES = 1_900_000_000  # of one record; protocol buffers end at 2 GiB


@dataclasses.dataclass(frozen=True)
class VideoRecord:
    """One prepared video of L frames.

    Attributes:
      name: of the video in its data set, unique within a split.
      jpegs: L frames as JPEG files, all of one height and width.
      timestamps: float64 [L], seconds since the video's first frame,
        increasing.
      frame_labels: int64 [L], the phase of each frame, -1 unlabelled.
      fps: frames per second, on average.
      label: the action of the whole video, -1 for none.
      source: path of the file that the video was made from, where its sound
        still is; "" when there is none.
      seconds: from the first frame to the end of the last; 0 takes that each
        frame is shown for 1 / fps. Labels may go on until then.
      remarks: what is odd about the video, though it can be used, for the
        notes of the data set.
      extras: further features of the data set by name, one row for each frame
        where they belong to frames.

    Raises:
      ValueError: on construction, when the fields do not fit together.
    """

    name: str
    jpegs: list[bytes]
    timestamps: np.ndarray
    frame_labels: np.ndarray
    fps: float
    label: int = UNLABELLED
    source: str = ""
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()
    extras: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.jpegs)
        if count == 0:
            raise ValueError(
                f"{self.name}: jpegs must have at least one frame. Received: 0."
            )
        for field in ("timestamps", "frame_labels"):
            shape = getattr(self, field).shape
            if shape != (count,):
                raise ValueError(
                    f"{self.name}: {field} must have the shape ({count},), one "
                    f"for each frame. Received: {shape}."
                )
        if not np.all(np.diff(self.timestamps) > 0):
            raise ValueError(
                f"{self.name}: timestamps must increase. "
                f"Received: {self.timestamps}."
            )
        if self.frame_labels.min() < UNLABELLED:
            raise ValueError(
                f"{self.name}: frame_labels must be phases from 0, or -1 where "
                f"there is none. Received: {self.frame_labels.min()}."
            )
        if self.frame_labels.max() > limits.MAX_PHASE:
            raise ValueError(
                f"{self.name}: frame_labels must be at most "
                f"{limits.MAX_PHASE}. Received: {self.frame_labels.max()}."
            )
        if not 0 < self.fps < np.inf:
            raise ValueError(
                f"{self.name}: fps must be positive and finite. "
                f"Received: {self.fps}."
            )
        self._check_sizes()
        size = sum(map(len, self.jpegs))
        if size > _MAX_BYTES:
            raise ValueError(
                f"{self.name}: the frames take {size / 1e9:.1f} GB, more than "
                f"the {_MAX_BYTES / 1e9:.1f} GB that one record can hold. "
                "Prepare with a smaller --size or --fps, or cut the video."
            )

    def _check_sizes(self) -> None:
        """Refuses frames of several sizes, which cannot be one video again."""
        first = None
        for index, data in enumerate(self.jpegs):
            try:
                size = jpeg.size_of(data)
            except OSError:
                continue  # decoding tells what is wrong with it
            first = first or size
            if size != first:
                raise ValueError(
                    f"{self.name}: jpegs must all have one size. Received: "
                    f"{size[0]} x {size[1]} at frame {index} after "
                    f"{first[0]} x {first[1]} pixels."
                )
