"""Carries the sound of one video over to others that are aligned to it.

    sound = sound_transfer.read_sound(sound_transfer.find_file(videos[0]))
    track = sound_transfer.align_sound(sound, reference, embeddings, 1)
    sound_transfer.write_with_sound(videos[1].source, track, "sounding.mp4")

The sound is cut into short chunks. Each is taken from where the reference is
at the aligned time, and laid over its neighbours with a cross-fade, so pitch
stays while the pace follows the video.
"""

import dataclasses
import fractions
import os
import pathlib
from typing import Any

import av
import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.io import atomic_files
from tcc.matching import correspondence
from tcc.video import files, prepared
from tcc.video.files import containers

_CHUNK = 0.1  # seconds, twice the distance of chunks
_FRAME = 1024  # samples of an AAC frame
_CRF = "18"


@dataclasses.dataclass(frozen=True)
class Sound:
    """`samples` [S, channels] float32 in [-1, 1], `rate` of them a second."""

    samples: np.ndarray
    rate: int


def find_file(video: prepared.Video) -> pathlib.Path:
    """Returns the file that a video was made from.

    Raises:
      ValueError: it was made from none.
      FileNotFoundError: the file is no longer there.
    """
    if not video.source:
        raise ValueError(
            f"{video.name} was not made from a video file, and has no sound."
            " Give video files with --videos and --reference_videos."
        )
    path = pathlib.Path(video.source)
    if not path.is_file():
        raise FileNotFoundError(
            f"{video.name} was made from {path}, which is no longer there, or"
            " is no file. Give video files with --videos and"
            " --reference_videos."
        )
    return path


def read_sound(path: str | os.PathLike[str], *, rate: int = 44_100) -> Sound:
    """Decodes the audio track of a file, the best if it has several.

    Args:
      path: of a video or audio file.
      rate: samples per second wanted.

    Returns:
      The sound in stereo, in step with the video's own time.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it has no audio, or cannot be read.
    """
    source = pathlib.Path(path)
    try:
        with containers.open_to_read(source, kind="sound") as container:
            stream = container.streams.best("audio")
            if stream is None:
                raise ValueError(
                    f"{source} has no sound. Give a reference video with an"
                    " audio track."
                )
            return _decode(source, container, stream, rate)
    except av.error.FFmpegError as error:
        raise ValueError(
            f"The sound of {source} cannot be read ({error.strerror}). Copy or"
            " record it again."
        ) from error


def _decode(
    source: pathlib.Path, container: Any, stream: Any, rate: int
) -> Sound:
    resampler = av.AudioResampler("fltp", "stereo", rate)
    blocks, start = [], None
    for frame in container.decode(stream):
        if start is None:
            start = frame.time or 0.0
        blocks += [part.to_ndarray() for part in resampler.resample(frame)]
    blocks += [part.to_ndarray() for part in resampler.resample(None)]
    if not blocks:
        raise ValueError(f"{source} has no sound in its audio track.")
    samples = np.concatenate(blocks, axis=1).T
    # Sound may begin before or after the first frame, which is at 0.
    video = containers.best_video(container)
    begin = 0.0
    if video is not None and video.start_time is not None:
        begin = float(video.start_time * video.time_base)
    shift = round(((start or 0.0) - begin) * rate)
    if shift > 0:
        samples = np.pad(samples, ((shift, 0), (0, 0)))
    return Sound(samples[max(0, -shift) :].astype(np.float32), rate)


def align_sound(
    sound: Sound,
    reference: Embeddings,
    embeddings: Embeddings,
    video: int,
    *,
    method: str = "dtw",
    distance: str = "sqeuclidean",
    chunk: float = _CHUNK,
) -> Sound:
    """Lays the sound of a reference out in the time of a video aligned to it.

    Args:
      sound: of the reference.
      reference: its embeddings, of one video.
      embeddings: of the videos.
      video: index of the one that gets the sound.
      method: of the alignment, "dtw" or "nn".
      distance: of the alignment, "sqeuclidean" or "cosine".
      chunk: seconds of a piece of sound.

    Returns:
      The sound for the video, as long as it is.
    """
    times = embeddings.times[video]
    matches = correspondence.align(
        embeddings.embs[video],
        reference.embs[0],
        method=method,
        distance=distance,
    )
    return warp(
        sound,
        times,
        reference.times[0][matches],
        seconds=float(times[-1] + 1 / embeddings.fps[video]),
        chunk=chunk,
    )


def warp(
    sound: Sound,
    times: np.ndarray,
    reference_times: np.ndarray,
    *,
    seconds: float,
    chunk: float = _CHUNK,
) -> Sound:
    """Lays the sound of a reference out in another video's time.

    Args:
      sound: of the reference.
      times: [T] float, seconds in the video, rising.
      reference_times: [T] float, seconds in the reference at these times.
      seconds: length of the result.
      chunk: seconds of a piece; pieces overlap by half.

    Returns:
      The sound for the video; silent where the reference has none.

    Raises:
      ValueError: shapes that do not fit, or no length.
    """
    if (
        times.shape != reference_times.shape
        or times.ndim != 1
        or not len(times)
    ):
        raise ValueError(
            "times and reference_times must have one shape [T]. Received:"
            f" {times.shape} and {reference_times.shape}"
        )
    if seconds <= 0 or chunk <= 0:
        raise ValueError(
            "seconds and chunk must be positive. Received:"
            f" {seconds} and {chunk}"
        )
    hop = max(1, round(chunk / 2 * sound.rate))
    length = 2 * hop
    # Squared sines of neighbours sum to 1: nothing swells where sounds agree.
    window = np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2
    total = round(seconds * sound.rate)
    padded = np.pad(sound.samples, ((length, length), (0, 0)))
    result = np.zeros((total + 2 * length, sound.samples.shape[1]))
    for start in range(-hop, total, hop):
        middle = (start + hop) / sound.rate
        there = np.interp(middle, times, reference_times) * sound.rate
        first = round(float(there)) - hop + length  # in `padded`
        first = min(max(first, 0), len(padded) - length)
        piece = padded[first : first + length] * window[:, None]
        result[start + length : start + 2 * length] += piece
    return Sound(result[length : length + total].astype(np.float32), sound.rate)


def write_with_sound(
    source: str | os.PathLike[str],
    sound: Sound,
    path: str | os.PathLike[str],
) -> None:
    """Writes the pictures of a video with another sound, as .mp4.

    Args:
      source: video file; its own sound is left out.
      sound: in the video's time.
      path: of the new file, H.264 and AAC.

    Raises:
      FileNotFoundError: there is no such video.
      ValueError: it cannot be read, or another ending.
    """
    target = pathlib.Path(path)
    if target.suffix != ".mp4":
        raise ValueError(f"path must end in .mp4. Received: {target}")
    frames = files.read_frames(pathlib.Path(source))
    first = next(frames)
    with (
        atomic_files.write(target) as unfinished,
        containers.open_to_write(unfinished, file_format="mp4") as container,
    ):
        height, width, _ = first.pixels.shape
        video: Any = container.add_stream("libx264", rate=30)
        video.width, video.height = width + width % 2, height + height % 2
        video.pix_fmt, video.options = "yuv420p", {"crf": _CRF}
        clock = fractions.Fraction(1, 90_000)  # holds uneven frame times
        video.codec_context.time_base = clock
        audio: Any = container.add_stream("aac", rate=sound.rate)
        audio.layout = "stereo"
        _encode_sound(container, audio, sound)
        tick = -1
        for frame in (first, *frames):
            even = np.pad(
                frame.pixels,
                ((0, height % 2), (0, width % 2), (0, 0)),
                mode="edge",
            )
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            # Frames of a very high rate may fall on one tick.
            tick = max(tick + 1, round(frame.timestamp / clock))
            picture.pts = tick
            picture.time_base = clock
            container.mux(video.encode(picture))
        container.mux(video.encode())


def _encode_sound(container: Any, audio: Any, sound: Sound) -> None:
    stereo = np.broadcast_to(sound.samples, (len(sound.samples), 2)).T
    stereo = np.ascontiguousarray(np.clip(stereo, -1, 1), np.float32)
    for start in range(0, stereo.shape[1], _FRAME):
        block = np.ascontiguousarray(stereo[:, start : start + _FRAME])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.sample_rate = sound.rate
        frame.pts = start
        frame.time_base = fractions.Fraction(1, sound.rate)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))
