"""Videos that the tests write packet by packet, as programs of others do."""

import fractions
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT = 64, 48


def pictures(
    count: int, *, width: int = WIDTH, height: int = HEIGHT
) -> list[np.ndarray]:
    """Returns pictures that brighten evenly from 20, by 200 / count each."""
    return [
        np.full((height, width, 3), 20 + 200 * index // count, np.uint8)
        for index in range(count)
    ]


def encode(
    frames: Sequence[np.ndarray],
    *,
    times: Sequence[int],
    clock: int = 1000,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    aspect: fractions.Fraction | None = None,
    add: Callable[[Any], None] | None = None,
    pixel_format: str = "yuv420p",
    path: pathlib.Path,
    change: Callable[[list[Any]], None] | None = None,
    container_options: dict[str, str] | None = None,
) -> pathlib.Path:
    """Writes frames at times in ticks of 1 / clock seconds.

    Args:
      frames: uint8 [H, W, 3].
      times: one for each frame.
      clock: ticks per second.
      codec: of FFmpeg.
      options: of the codec.
      aspect: width / height of the pixels.
      add: is called with the container before the video stream is added.
      pixel_format: of FFmpeg.
      path: of the file.
      change: may change the list of all packets before they are written.
      container_options: of the format.

    Returns:
      The path.
    """
    with av.open(
        f"file:{path.absolute()}", "w", options=container_options or {}
    ) as container:
        if add is not None:
            add(container)
        rate = fractions.Fraction(clock, max(1, times[1] - times[0]))
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = pixel_format, options or {}
        stream.codec_context.time_base = fractions.Fraction(1, clock)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        packets = []
        for picture, time in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, fractions.Fraction(1, clock)
            packets += stream.encode(frame)
        packets += stream.encode()
        if change is not None:
            change(packets)
        container.mux(packets)
    return path


def brightness(pixels: np.ndarray, count: int) -> int:
    """Returns which of `count` pictures a frame shows, by its brightness."""
    return round((float(pixels.mean()) - 20) * count / 200)
