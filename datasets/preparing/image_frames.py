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
      seconds: from the first frame to the end of the last.
      remarks: what is odd about the video, though it can be used.
    """

    jpegs: list[bytes]
    timestamps: np.ndarray
    indices: np.ndarray
    fps: float
    seconds: float
    remarks: tuple[str, ...] = ()


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
      The frames, all of the size of the first, as those of a video file are.

    Raises:
      ValueError: when there are none or one is bad.
    """
    timed = ((index / source_fps, index) for index in range(len(frames)))
    chosen = list(
        timed if fps is None else frame_rates.nearest_frames(timed, fps)
    )
    jpegs: list[bytes] = []
    size: tuple[int, int] | None = None
    remarks: list[str] = []
    for _, index in chosen:
        data = jpeg.from_file(
            frames[index](), origin=origin(index), shorter_side=shorter_side
        )
        given = jpeg.size_of(data)
        size = given if size is None else size
        if given != size:
            data = jpeg.resize(data, size)
            if not remarks:
                remarks.append(
                    f"its frames change size, first at {origin(index)}, from "
                    f"{size[0]} x {size[1]} to {given[0]} x {given[1]} pixels; "
                    "all are scaled to the size of the first"
                )
        jpegs.append(data)
    times = np.array([time for time, _ in chosen], np.float64)
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    return KeptFrames(
        jpegs=jpegs,
        timestamps=times,
        indices=np.array([index for _, index in chosen], np.int64),
        fps=float((len(times) - 1) / span) if span else fps or source_fps,
        seconds=len(frames) / source_fps,
        remarks=tuple(remarks),
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
