"""Video files, in and out, through PyAV.

Why PyAV: its wheels bring their own FFmpeg, so nothing needs to be installed
beside them, and every format that FFmpeg decodes is read alike; it gives the
exact timestamp of every frame, which OpenCV derives from an average rate; it
hands out the rotation that phones store beside the frames, marks frames that
were decoded from damaged data, reaches audio streams, and writes H.264.

Frames are read and written one at a time: memory does not depend on a video's
length.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import av
import av.container
import numpy as np

from tcc.io import atomic_files
from tcc.video.files import encoders, frame_rates

# A file that ends this much before its container says has been cut off.
_TOLERATED_SHARE = 0.05
_TOLERATED_FRAMES = 2.5


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """What a container says about its video, before decoding it."""

    fps: float  # on average
    num_frames: int  # 0 when the container does not say
    duration: float  # seconds; 0 when the container does not say
    has_audio: bool


@dataclasses.dataclass(frozen=True)
class Frame:
    """A decoded frame."""

    timestamp: float  # seconds since the video's first frame
    pixels: np.ndarray  # uint8 [H, W, 3], upright
    index: int  # among all frames of the file, from 0


def probe(path: pathlib.Path) -> VideoInfo:
    """Reads what a container says about its video.

    Args:
      path: of the file.

    Returns:
      Its claims; only `read_frames` finds out whether they are true.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no video file.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate
        return VideoInfo(
            fps=float(rate) if rate else 0.0,
            num_frames=stream.frames,
            duration=_declared_duration(container, stream),
            has_audio=bool(container.streams.audio),
        )


def read_frames(
    path: pathlib.Path,
    *,
    fps: float | None = None,
    shorter_side: int | None = None,
) -> Iterator[Frame]:
    """Decodes the frames of a video file, one after the other.

    The rotation and mirroring that the file asks for are applied.

    Args:
      path: of the file.
      fps: frames per second to keep: for each multiple of 1/fps the frame
        whose true timestamp is nearest, and no frame twice. None, or more
        than the video has, keeps all.
      shorter_side: pixels to which larger frames are shrunk, the longer side
        in proportion. None keeps the size; smaller frames keep it always.

    Yields:
      The frames, each with its own true timestamp.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no video file, has no frames, is damaged or ends
        too early. The message names the path and the mend.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        # Frames are turned into RGB only where they are kept.
        kept: Iterator[tuple[float, Any]] = (
            (timestamp, (index, frame))
            for index, (timestamp, frame) in enumerate(
                _decode(path, container, stream)
            )
        )
        if fps is not None:
            kept = frame_rates.nearest_frames(kept, fps)
        for timestamp, (index, frame) in kept:
            yield Frame(timestamp, _to_pixels(frame, shorter_side), index)


def _open(path: pathlib.Path) -> Any:
    """Opens a container that has a video stream, or says why it cannot."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no video file {path}.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty. Copy or download it again.")
    try:
        container = av.open(str(path))
    except av.error.FFmpegError as error:
        raise ValueError(
            f"{path} is not a video file, or its beginning or end is missing "
            f"({error.strerror}). Copy or download it again, or remove it."
        ) from error
    if not container.streams.video:
        container.close()
        raise ValueError(
            f"{path} has no video stream. Remove it from the videos."
        )
    return container


def _decode(
    path: pathlib.Path, container: Any, stream: Any
) -> Iterator[tuple[float, Any]]:
    """Yields (seconds since the first frame, decoded frame); checks both."""
    start = last = None
    count = 0
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    try:
        for frame in container.decode(stream):
            time = frame.time
            if time is None:  # containers without timestamps
                time = count / rate if rate else float(count)
            if frame.is_corrupt:
                raise _damaged(path, f"the frame at {time:.2f} s is damaged")
            if last is not None and time <= last:
                raise _damaged(
                    path, f"time runs back from {last:.3f} s to {time:.3f} s"
                )
            start = time if start is None else start
            count, last = count + 1, time
            yield time - start, frame
    except av.error.FFmpegError as error:
        raise _damaged(
            path,
            f"decoding ended after {count} frames with {error.strerror!r}",
        ) from error
    if start is None or last is None:
        raise ValueError(
            f"{path} has no frames. Record or download it again, or remove it."
        )
    interval = (last - start) / (count - 1) if count > 1 else 0.0
    declared = _declared_duration(container, stream)
    missing = declared - max(last, last - start) - interval
    allowed = max(_TOLERATED_SHARE * declared, _TOLERATED_FRAMES * interval)
    if count > 1 and missing > allowed:
        raise _damaged(
            path,
            f"it ends at {last + interval:.2f} s of {declared:.2f} s",
        )


def _damaged(path: pathlib.Path, what: str) -> ValueError:
    return ValueError(
        f"{path} is truncated or damaged: {what}. Copy or download it again, "
        "or keep what can be read with: ffmpeg -i damaged.mp4 mended.mp4"
    )


def _declared_duration(container: Any, stream: Any) -> float:
    """Returns how long the video stream says it is, in seconds; 0 unknown."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "")  # Matroska: "00:00:02.5"
    parts = tag.split(":")
    if len(parts) == 3:
        try:
            hours, minutes, seconds = map(float, parts)
        except ValueError:
            return 0.0
        return 3600 * hours + 60 * minutes + seconds
    # The container's length is the video's only if there is nothing else.
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / 1_000_000  # microseconds
    return 0.0


def _to_pixels(frame: Any, shorter_side: int | None) -> np.ndarray:
    """Converts a decoded frame to upright RGB, uint8 [H, W, 3]."""
    width, height = frame.width, frame.height
    if shorter_side is not None and min(width, height) > shorter_side:
        scale = shorter_side / min(width, height)
        width = max(1, round(width * scale))
        height = max(1, round(height * scale))
    pixels = frame.to_ndarray(
        format="rgb24", width=width, height=height, interpolation="AREA"
    )
    return _upright(pixels, frame)


def _upright(pixels: np.ndarray, frame: Any) -> np.ndarray:
    """Applies the display matrix, if the frame has one.

    A stored pixel (x, y) is to be shown at (a x + c y, b x + d y); cameras
    write quarter turns and mirrorings only, so signs suffice.
    """
    for side_data in frame.side_data:
        if side_data.type.name != "DISPLAYMATRIX":
            continue
        matrix = np.frombuffer(bytes(side_data), np.int32)
        a, b, c, d = (int(matrix[index]) for index in (0, 1, 3, 4))
        if abs(b) > abs(a):  # a quarter turn: rows become columns
            pixels = pixels.swapaxes(0, 1)
            a, d = c, b
        if a < 0:
            pixels = pixels[:, ::-1]
        if d < 0:
            pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def write_video(
    path: pathlib.Path,
    frames: Iterable[np.ndarray],
    *,
    fps: float,
    timestamps: Sequence[float] | None = None,
) -> None:
    """Writes frames as .mp4 (H.264, yuv420p, plays everywhere) or .gif.

    The file appears when it is complete. Memory does not depend on the number
    of frames for .mp4; for .gif the frames are held, a byte a pixel.

    Args:
      path: ends in ".mp4" or ".gif"; its folder is made when absent.
      frames: uint8 [H, W, 3], all of one size; at least one. Odd sizes are
        made even for .mp4 by repeating the last row or column.
      fps: frames per second.
      timestamps: of an .mp4, when each frame is shown, in seconds from 0 and
        increasing; None follows `fps`.

    Raises:
      ValueError: for another ending, no frames, frames of other sizes or
        types, timestamps that are not one for each frame, or an fps that is
        not positive.
    """
    path = pathlib.Path(path)
    writers = {".mp4": encoders.write_mp4, ".gif": encoders.write_gif}
    if path.suffix not in writers:
        raise ValueError(
            f"path must end in {' or '.join(writers)}. Received: {path}."
        )
    if not 0 < fps < np.inf:
        raise ValueError(f"fps must be positive and finite. Received: {fps}.")
    checked = _checked(frames)
    if timestamps is not None and path.suffix != ".mp4":
        raise ValueError(
            f"timestamps must be None for a .gif. Received: {path}."
        )
    with atomic_files.write(path) as unfinished:
        if timestamps is None:
            writers[path.suffix](unfinished, checked, fps)
        else:
            encoders.write_timed_mp4(unfinished, checked, fps, timestamps)


def _checked(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    shape = None
    for frame in frames:
        shape = frame.shape if shape is None else shape
        if (
            frame.dtype != np.uint8
            or frame.shape != shape
            or frame.ndim != 3
            or frame.shape[2] != 3
        ):
            raise ValueError(
                "frames must be uint8 [H, W, 3], all of one size. "
                f"Received: {frame.dtype} {list(frame.shape)} after "
                f"{list(shape)}."
            )
        yield frame
    if shape is None:
        raise ValueError("frames must hold at least one. Received: none.")
