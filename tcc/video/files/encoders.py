"""Writes streams of frames; `files.write_video` is the way in."""

import fractions
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import av
import numpy as np
from PIL import Image

from tcc.video.files import containers

_CRF = 18  # quality of libx264; 18 is nearly lossless to the eye
_CLOCK = 90_000  # ticks per second, of MPEG: whole for the usual frame rates


def write_mp4(
    path: pathlib.Path, frames: Iterable[np.ndarray], fps: float
) -> None:
    """Writes frames as H.264, one each 1 / fps.

    Args:
      path: of the file.
      frames: uint8 [H, W, 3], all of one size.
      fps: frames per second.
    """
    rate = fractions.Fraction(fps).limit_denominator(1001)
    _encode(path, enumerate(frames), rate, 1 / rate)


def write_timed_mp4(
    path: pathlib.Path,
    frames: Iterable[np.ndarray],
    fps: float,
    timestamps: Sequence[float],
) -> None:
    """Writes frames as H.264, each at its own time.

    Args:
      path: of the file.
      frames: uint8 [H, W, 3], all of one size.
      fps: frames per second, on average.
      timestamps: seconds from 0, one for each frame, increasing.

    Raises:
      ValueError: when timestamps are not one for each frame, or two are less
        than 1 / 90000 s apart.
    """
    ticks = np.rint(np.asarray(timestamps, np.float64) * _CLOCK).astype(int)
    if len(ticks) and (ticks[0] < 0 or np.any(np.diff(ticks) < 1)):
        raise ValueError(
            "timestamps must increase from 0, by 1 / 90000 s or more. "
            f"Received: {timestamps}."
        )
    rate = fractions.Fraction(fps).limit_denominator(1001)
    timed = _pair(ticks.tolist(), frames)
    _encode(path, timed, rate, fractions.Fraction(1, _CLOCK))


def times_apart(timestamps: np.ndarray) -> np.ndarray:
    """Moves times that `write_timed_mp4` cannot tell apart to later ticks.

    Args:
      timestamps: float64 [L], seconds, increasing.

    Returns:
      float64 [L], at least 1 / 90000 s apart; the same up to rounding where
      they were that far apart.
    """
    places = np.arange(len(timestamps))
    ticks = np.rint(np.asarray(timestamps, np.float64) * _CLOCK)
    return (np.maximum.accumulate(ticks - places) + places) / _CLOCK


def _pair(
    ticks: Sequence[int], frames: Iterable[np.ndarray]
) -> Iterator[tuple[int, np.ndarray]]:
    count = 0
    for count, frame in enumerate(frames, 1):
        if count > len(ticks):
            break
        yield ticks[count - 1], frame
    if count != len(ticks):
        raise ValueError(
            "timestamps must be one for each frame. "
            f"Received: {len(ticks)} for {count} frames or more."
        )


def _encode(
    path: pathlib.Path,
    frames: Iterable[tuple[int, np.ndarray]],
    rate: fractions.Fraction,
    tick: fractions.Fraction,
) -> None:
    """Encodes (time in ticks, frame)."""
    with containers.open_to_write(path, file_format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=rate)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(_CRF)}
        stream.codec_context.time_base = tick
        for index, (time, frame) in enumerate(frames):
            height, width, _ = frame.shape
            even = np.pad(
                frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"
            )
            if index == 0:
                stream.height, stream.width = even.shape[:2]
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            picture.pts = time
            picture.time_base = tick
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def write_gif(
    path: pathlib.Path, frames: Iterable[np.ndarray], fps: float
) -> None:
    """Writes frames as a GIF that repeats for ever.

    Args:
      path: of the file.
      frames: uint8 [H, W, 3], all of one size.
      fps: frames per second.
    """
    pictures = [
        Image.fromarray(f).quantize(dither=Image.Dither.NONE) for f in frames
    ]
    # GIF counts in hundredths of a second: round the times, not the steps,
    # so that the whole keeps its length.
    ends = np.rint(np.arange(len(pictures) + 1) * 100 / fps)
    durations = [int(10 * step) for step in np.diff(ends)]
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
    )
