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
import numpy as np

from tcc.io import atomic_files
from tcc.video.files import (
    containers,
    encoders,
    frame_rates,
    frame_times,
    shown_frames,
    truncation,
)


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


@dataclasses.dataclass
class Findings:
    """What is known once a video has been read to its end.

    Attributes:
      seconds: from the first frame to the end of the last, which a file may
        show for longer than the others.
      remarks: what is odd about the video, though it can be used.
    """

    seconds: float = 0.0
    remarks: list[str] = dataclasses.field(default_factory=list)


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
    container, stream = containers.open_video(path)
    with container:
        rate = stream.average_rate or stream.guessed_rate
        return VideoInfo(
            fps=float(rate) if rate else 0.0,
            num_frames=stream.frames,
            duration=truncation.declared_duration(container, stream),
            has_audio=bool(container.streams.audio),
        )


def read_frames(
    path: pathlib.Path,
    *,
    fps: float | None = None,
    shorter_side: int | None = None,
    findings: Findings | None = None,
) -> Iterator[Frame]:
    """Decodes the frames of a video file, one after the other.

    The file is read as a local file whatever its name, and nothing that it
    refers to is opened. Frames are shown as players show them: the rotation,
    the mirroring and the shape of pixels that the file states are applied, and
    frames of another size than the first are scaled to that of the first.

    Args:
      path: of the file.
      fps: frames per second to keep: for each multiple of 1/fps the frame
        whose true timestamp is nearest, and no frame twice. None, or more
        than the video has, keeps all.
      shorter_side: pixels to which larger frames are shrunk, the longer side
        in proportion. None keeps the size; smaller frames keep it always.
      findings: filled when the last frame has been read.

    Yields:
      The frames, each with its own true timestamp: of the first 0, and each
      greater than the one before.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no video file, has no frames, is damaged or ends
        too early. The message names the path and the mend.
    """
    findings = Findings() if findings is None else findings
    container, stream = containers.open_video(path)
    with container:
        # Frames are turned into RGB only where they are kept.
        kept: Iterator[tuple[float, Any]] = (
            (timestamp, (index, frame))
            for index, (timestamp, frame) in enumerate(
                _decode(pathlib.Path(path), container, stream, findings)
            )
        )
        if fps is not None:
            kept = frame_rates.nearest_frames(kept, fps)
        shape = None
        for timestamp, (index, frame) in kept:
            if shape is None:
                pixel = shown_frames.pixel_shape(stream)
                shape = shown_frames.shape_of(
                    frame, pixel=pixel, shorter_side=shorter_side
                )
            pixels = shown_frames.to_pixels(frame, shape)
            yield Frame(timestamp, pixels, index)


def _decode(
    path: pathlib.Path, container: Any, stream: Any, findings: Findings
) -> Iterator[tuple[float, Any]]:
    """Yields (seconds since the first frame, decoded frame); checks both."""
    notes = frame_times.StreamNotes()
    sizes = shown_frames.SizeNotes()
    last = None
    count = 0
    try:
        for last in frame_times.decode(container, stream, notes):
            seconds = float(last.time)
            if last.frame.is_corrupt:
                raise _damaged(path, f"the frame at {seconds:.2f} s is damaged")
            sizes.note(last.frame, seconds)
            count += 1
            yield seconds, last.frame
    except frame_times.TooManyAtOneTimeError as error:
        raise _damaged(path, "too many frames have the same time") from error
    except av.error.FFmpegError as error:
        raise _damaged(
            path,
            f"decoding ended after {count} frames with {error.strerror!r}",
        ) from error
    if last is None:
        raise ValueError(
            f"{path} has no frames. Record or download it again, or remove it."
        )
    interval = float(last.time) / (count - 1) if count > 1 else 0.0
    end = float(last.time) + (float(last.duration) or interval)
    declared = truncation.declared_duration(container, stream)
    if truncation.is_cut(path, container, stream, notes, end, interval):
        whole = f"{declared:.2f} s" if declared else "more"
        raise _damaged(path, f"it ends at {end:.2f} s of {whole}")
    # A last frame that is held need not have a duration of its own.
    findings.seconds = max(end, declared - max(0.0, float(notes.start)))
    findings.remarks += notes.remarks() + sizes.remarks()


def _damaged(path: pathlib.Path, what: str) -> ValueError:
    return ValueError(
        f"{path} is truncated or damaged: {what}. Copy or download it again, "
        "or keep what can be read with: ffmpeg -i damaged.mp4 mended.mp4"
    )


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
