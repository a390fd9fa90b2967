"""Opens media files through PyAV, as local files and nothing else.

FFmpeg takes a name for an address where it reads as one (`http:…`, `concat:…`)
and opens further files where a playlist or script asks for them. Files of
strangers must do neither, so a name is always given as an absolute path behind
`file:`, no protocol but that one may be used, and only formats that hold their
pictures and sound themselves are read.
"""

import os
import pathlib
from typing import Any

import av
import av.container
from av.stream import Disposition

_PROTOCOLS = "file"
# By FFmpeg's names; `ffmpeg -formats` explains them. Left out on purpose: what
# names other files or addresses (concat, hls, dash, imf, sdp, image2, vobsub,
# webm_dash_manifest), devices, and texts that FFmpeg would draw (tty).
_FORMATS = (
    *("avi", "mov", "mp4", "matroska", "webm", "asf", "flv", "live_flv"),
    *("mpegts", "mpeg", "ogg", "mxf", "dv", "rm", "nut", "wtv", "gxf", "nsv"),
    *("nuv", "pva", "ty", "dhav", "amv", "ivf", "gif", "apng"),
    *("mpegvideo", "m4v", "h261", "h263", "h264", "hevc", "vvc", "vc1"),
    *("vc1test", "av1", "obu", "mjpeg", "mjpeg_2000", "dirac", "cavsvideo"),
    "yuv4mpegpipe",
    # Sound alone.
    *("wav", "w64", "mp3", "aac", "ac3", "eac3", "dts", "truehd", "flac"),
    *("aiff", "au", "caf", "amr", "amrnb", "amrwb", "ape", "tta", "wv"),
    *("loas", "mpc", "mpc8", "tak"),
)
# What a picture in place of a video is marked as.
_NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails


def address(path: str | os.PathLike[str]) -> str:
    """Returns the name by which FFmpeg opens a local file, whatever its name.

    Args:
      path: of the file, to read or to write.

    Returns:
      "file:" and the absolute path.
    """
    return f"file:{pathlib.Path(path).absolute()}"


def open_to_read(path: str | os.PathLike[str], *, kind: str = "video") -> Any:
    """Opens a media file.

    Args:
      path: of the file.
      kind: what messages call the file, "video" or "sound".

    Returns:
      PyAV's container; close it.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is empty or not in one of the formats that are read.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no {kind} file {path}.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty. Copy or download it again.")
    reason = "it has no streams"
    try:
        container = av.open(
            address(path),
            container_options={
                "protocol_whitelist": _PROTOCOLS,
                "format_whitelist": ",".join(_FORMATS),
            },
            # A title in another encoding is no reason to refuse a video.
            metadata_errors="replace",
        )
        if container.streams:
            return container
        container.close()
    except av.error.FFmpegError as error:
        reason = str(error.strerror)
    raise ValueError(
        f"{path} is not a {kind} file, or its beginning or end is missing "
        f"({reason}). Playlists and scripts are not read. Copy or download it "
        "again, or remove it."
    )


def open_to_write(path: str | os.PathLike[str], *, file_format: str) -> Any:
    """Opens a new media file.

    Args:
      path: of the file; its name does not matter.
      file_format: FFmpeg's name of the format, such as "mp4".

    Returns:
      PyAV's container; close it.
    """
    return av.open(address(path), "w", format=file_format)


def open_video(path: str | os.PathLike[str]) -> tuple[Any, Any]:
    """Opens a video file.

    Args:
      path: of the file.

    Returns:
      (container, video stream). The stream is the one that FFmpeg finds best:
      what is marked as the default, then the one with most frames. Cover
      pictures and thumbnails are no videos.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no media file or has no video.
    """
    container = open_to_read(path)
    stream = best_video(container)
    if stream is None:
        container.close()
        raise ValueError(
            f"{path} has no video stream"
            + (" but a cover picture" if container.streams.video else "")
            + ", or its end is missing. Copy or download it again, or remove "
            "it from the videos."
        )
    return container, stream


def best_video(container: Any) -> Any:
    """Returns the video stream that `open_video` takes, None without one."""
    videos = [
        stream
        for stream in container.streams.video
        if not stream.disposition & _NO_VIDEO
    ]
    best = container.streams.best("video")
    if best is not None and any(best.index == s.index for s in videos):
        return best
    default = (s for s in videos if s.disposition & Disposition.default)
    return next(default, videos[0] if videos else None)
