"""Whether a video file has been cut off.

A video whose last frame is shown for long looks, by its times, as if it had
been cut off. Where a container neither counts its frames nor says how long the
last one is shown, the length of the file tells the two apart.
"""

import os
import pathlib
import struct
from typing import Any, BinaryIO

from tcc.video.files import frame_times

# A file that ends this much before its container says has been cut off.
_TOLERATED_SHARE = 0.05
_TOLERATED_FRAMES = 2.5

_EBML_HEADER = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_HEADER_BYTES = 65_536  # read at most
_INDEX_SHARE = 0.05  # of a file, at its end; frames are read without it
_FLV_TAG_BYTES = 11  # before the data of a tag


def is_cut(
    path: pathlib.Path,
    container: Any,
    stream: Any,
    notes: frame_times.StreamNotes,
    end: float,
    interval: float,
) -> bool:
    """Says whether a video ends before its container says it does.

    Args:
      path: of the file.
      container: of the video.
      stream: of the video.
      notes: of decoding it.
      end: of the last frame, in seconds since the first.
      interval: mean seconds from frame to frame; 0 for one frame.

    Returns:
      Whether frames are missing at the end.
    """
    if stream.frames and notes.num_packets >= stream.frames:
        return False  # all are there, however long the last is shown
    complete = is_complete(path, container.format.name)
    if complete is not None:
        return not complete
    if not interval and not stream.frames:
        return False  # nothing tells how long one frame is shown
    declared = declared_duration(container, stream)
    # Some containers count from 0, others from their first frame.
    missing = declared - max(end, end + float(notes.start))
    allowed = max(_TOLERATED_SHARE * declared, _TOLERATED_FRAMES * interval)
    return missing > allowed


def declared_duration(container: Any, stream: Any) -> float:
    """Returns how long a video is by its container.

    Args:
      container: of `containers.open_video`.
      stream: its video stream.

    Returns:
      Seconds; 0 when the container does not say.
    """
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


def is_complete(path: pathlib.Path, file_format: str) -> bool | None:
    """Says whether something is missing at the end of a file.

    Args:
      path: of the file.
      file_format: FFmpeg's name of its format.

    Returns:
      True when the file ends where its container says, False when it lacks
      much of its data, None when neither is known.
    """
    checks = {
        "matroska,webm": _matroska_is_complete,
        "flv": _flv_is_complete,
        "asf": _asf_is_complete,
    }
    if file_format not in checks:
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        try:
            return checks[file_format](file, size)
        except (struct.error, ValueError, IndexError):
            return None  # not even the place that would say it is there


def _read(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)


def _matroska_is_complete(file: BinaryIO, size: int) -> bool | None:
    """Compares the file with the length of the segment that holds all."""
    position = 0
    while position < size:
        head = _read(file, position, 12)
        first = head[4]
        width = 9 - first.bit_length()  # bytes of the length that follows
        length = int.from_bytes(head[4 : 4 + width]) & ((1 << 7 * width) - 1)
        position += 4 + width
        if head[:4] == _SEGMENT:
            is_unknown = length == (1 << 7 * width) - 1
            # What lies behind the frames may be what is missing.
            return (not is_unknown and position + length <= size) or None
        if head[:4] != _EBML_HEADER:
            return None
        position += length
    return None


def _flv_is_complete(file: BinaryIO, size: int) -> bool | None:
    """Looks whether the file ends with a whole tag and its length."""
    (length,) = struct.unpack(">I", _read(file, size - 4, 4))
    start = size - 4 - length
    data = int.from_bytes(_read(file, start + 1, 3))
    return (length > 0 and data + _FLV_TAG_BYTES == length) or None


def _asf_is_complete(file: BinaryIO, size: int) -> bool | None:
    """Compares the file with the size in its header."""
    header = _read(file, 0, _ASF_HEADER_BYTES)
    # The identifier, the object's size, the file's identifier, its size.
    at = header.index(_ASF_FILE_PROPERTIES) + 16 + 8 + 16
    (declared,) = struct.unpack_from("<Q", header, at)
    if size < (1 - _INDEX_SHARE) * declared:
        return False  # FFmpeg then does not tell the duration
    return 0 < declared <= size or None
