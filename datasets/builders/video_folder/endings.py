"""Which files of a folder are videos, by their endings and, if need be, more.

A few endings are shared: `.ts` and `.mts` are also TypeScript, a `.gif` is
also a still picture. Of these the beginning of the file is read.
"""

import os
import pathlib

from PIL import Image

from tcc.datasets.preparing import image_frames

USUAL_ENDINGS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
# Where a file beside it differs in this ending only, that one is the video.
OTHER_ENDINGS = (
    ".264",
    ".265",
    ".3g2",
    ".3gp",
    ".apng",
    ".asf",
    ".divx",
    ".dv",
    ".f4v",
    ".flv",
    ".gif",
    ".h264",
    ".h265",
    ".hevc",
    ".ivf",
    ".m1v",
    ".m2t",
    ".m2ts",
    ".m2v",
    ".mjpeg",
    ".mjpg",
    ".mp4v",
    ".mpe",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".nut",
    ".ogv",
    ".qt",
    ".rm",
    ".ts",
    ".vob",
    ".wmv",
    ".y4m",
)
VIDEO_ENDINGS = USUAL_ENDINGS + OTHER_ENDINGS
# FFmpeg knows them, but mostly they are something else, or cannot be tested.
_UNREAD_VIDEOS = {
    ".360": "",
    ".amv": "",
    ".bik": "",
    ".braw": "",
    ".dat": "",
    ".dvr-ms": "",
    ".insv": "",
    ".lrv": " (.lrv is the small copy that a camera makes of its .mp4)",
    ".mj2": "",
    ".mod": "",
    ".mpv": "",
    ".mk3d": "",
    ".ogg": " (mostly .ogg is sound; a video is named .ogv)",
    ".ogm": "",
    ".r3d": "",
    ".rmvb": "",
    ".rv": "",
    ".swf": "",
    ".tod": "",
    ".trp": "",
    ".wtv": "",
    ".yuv": "",
}
_UNREAD_PICTURES = (
    ".avif",
    ".bmp",
    ".dng",
    ".exr",
    ".gif",
    ".heic",
    ".heif",
    ".jfif",
    ".jp2",
    ".pgm",
    ".ppm",
    ".tga",
    ".tif",
    ".tiff",
    ".webp",
)
_SHARED_WITH_TEXT = (".mts", ".ts")
_BEGINNING = 4096  # bytes that tell text from video


def is_picture(path: pathlib.Path) -> bool:
    """Tells by the ending whether a file can be a frame of a video."""
    return path.suffix.lower() in image_frames.IMAGE_ENDINGS


def is_unread_picture(path: pathlib.Path) -> bool:
    """Tells by the ending whether it is a picture of a kind not read."""
    return not is_picture(path) and path.suffix.lower() in _UNREAD_PICTURES


def is_video(path: pathlib.Path) -> bool:
    """Tells whether a file is to be read as a video."""
    return path.suffix.lower() in VIDEO_ENDINGS and not why_left_out(path)


def names_a_video(folder: pathlib.Path) -> bool:
    """Tells whether a folder is named as only videos are."""
    ending = folder.suffix.lower()
    return ending in VIDEO_ENDINGS and ending not in (
        *_SHARED_WITH_TEXT,
        ".gif",
    )


def why_left_out(path: pathlib.Path) -> str:
    """Says why a file is not read that may well be a video.

    Args:
      path: of a file.

    Returns:
      The reason; "" for videos, and for files that nobody takes for one.
    """
    ending = path.suffix.lower()
    if ending in _SHARED_WITH_TEXT and _is_text(path):
        return "it is text"
    if ending == ".gif" and _is_still(path):
        return "it is a still picture"
    if ending in _UNREAD_VIDEOS and not _is_text(path):
        return (
            f"videos of the ending {path.suffix} are not read"
            f"{_UNREAD_VIDEOS[ending]}. To have it read, convert it: "
            "ffmpeg -i INPUT OUTPUT.mp4"
        )
    return ""


def _is_text(path: pathlib.Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return False
    if not beginning or b"\0" in beginning:
        return False
    try:
        beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last letter may go on behind the beginning.
        return error.end == len(beginning) == _BEGINNING
    return True


def _is_still(path: pathlib.Path) -> bool:
    try:
        if not path.is_file():
            return False
        with Image.open(path) as picture:
            return not getattr(picture, "is_animated", False)
    except Exception:  # decoders of damaged pictures raise all kinds
        return False  # damaged: reading it as a video says so


def stem(name: str) -> str:
    """Returns a file's name without the ending of a video, if it has one."""
    base, ending = os.path.splitext(name)  # noqa: PTH122
    return base if ending.lower() in VIDEO_ENDINGS else name
