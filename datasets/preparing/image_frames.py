"""Videos that come as pictures, one for each frame.

Runs in worker processes, so it imports neither TensorFlow nor TFDS.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Sequence

import numpy as np

from tcc.datasets.preparing import jpeg
from tcc.video.files import frame_rates

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png")
# Of frames that do not say when they were taken; TFRecords of the original and
# Penn Action do not.
DEFAULT_SOURCE_FPS = 30.0


@dataclasses.dataclass(frozen=True)
class KeptFrames:
    """The frames of a video that are kept.

    Attributes:
      jpegs: L frames, all of one size.
      timestamps: float64 [L], seconds since the first frame.
      indices: int64 [L], their places among all frames of the video.
      fps: frames per second of those that are kept, on average.
    """

    jpegs: list[bytes]
    timestamps: np.ndarray
    indices: np.ndarray
    fps: float


def find(folder: pathlib.Path) -> list[pathlib.Path]:
    """Lists the pictures of a folder in the order of their numbers.

    Args:
      folder: of one video.

    Returns:
      Its pictures; numbers in names count as numbers, so that 10.jpg comes
      after 9.jpg. Hidden files are left out.
    """
    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_ENDINGS
            and not path.name.startswith(".")
        ),
        key=lambda path: _natural_key(path.name),
    )


def _natural_key(name: str) -> list[tuple[bool, int, str]]:
    parts = re.split("([0-9]+)", name)
    return [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part)
        for part in parts
    ]


def keep(
    frames: Sequence[Callable[[], bytes]],
    *,
    origin: Callable[[int], str],
    source_fps: float,
    fps: float | None,
    shorter_side: int | None,
) -> KeptFrames:
    """Reads the frames of a video and thins them out.

    Args:
      frames: for each frame a function that reads its picture; of frames that
        are not kept it is not called.
      origin: names a frame by its index, for error messages.
      source_fps: frames per second of `frames`.
      fps: frames per second to keep, as in `frame_rates`; None keeps all.
      shorter_side: see `jpeg.from_file`.

    Returns:
      The frames.

    Raises:
      ValueError: when there are none, one is bad, or sizes differ.
    """
    timed = ((index / source_fps, index) for index in range(len(frames)))
    chosen = list(
        timed if fps is None else frame_rates.nearest_frames(timed, fps)
    )
    jpegs = [
        jpeg.from_file(
            frames[index](), origin=origin(index), shorter_side=shorter_side
        )
        for _, index in chosen
    ]
    for (_, index), data in zip(chosen, jpegs, strict=True):
        if jpeg.size_of(data) != jpeg.size_of(jpegs[0]):
            raise ValueError(
                f"{origin(index)} must have the size of the video's first "
                "frame. Received: {} x {} instead of {} x {}.".format(
                    *jpeg.size_of(data), *jpeg.size_of(jpegs[0])
                )
            )
    times = np.array([time for time, _ in chosen], np.float64)
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    return KeptFrames(
        jpegs=jpegs,
        timestamps=times,
        indices=np.array([index for _, index in chosen], np.int64),
        fps=float((len(times) - 1) / span) if span else fps or source_fps,
    )


def keep_files(
    paths: Sequence[pathlib.Path],
    *,
    source_fps: float,
    fps: float | None,
    shorter_side: int | None,
) -> KeptFrames:
    """Reads the frames of a video from files; see `keep`."""
    return keep(
        [path.read_bytes for path in paths],
        origin=lambda index: str(paths[index]),
        source_fps=source_fps,
        fps=fps,
        shorter_side=shorter_side,
    )
