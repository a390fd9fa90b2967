"""Reads single numbers of a record without reading its frames.

A record is a `tf.train.Example` of megabytes, nearly all of them frames. In
its serialized form every part stands behind its length, so what is not wanted
is stepped over: of the file only a few pages are read.
"""

import mmap
import pathlib
from collections.abc import Callable, Iterator, Sequence

_HEADER_BYTES = 12  # of a TFRecord: length and its checksum
_BYTES = 2  # protocol buffers' wire type of everything that has a length
_KEY, _VALUE = 1, 2  # fields of a map's entry
_INT64_LIST = 3  # field of tf.train.Feature
_SIGN = 1 << 63


def read_ints(
    path: str | pathlib.Path, offsets: Sequence[int], key: str, *, default: int
) -> list[int]:
    """Reads a feature of some records of a TFRecord file.

    Args:
        path: The uncompressed file.
        offsets: Bytes before each record, from `records.find_offsets`.
        key: Of an int64 feature with one value.
        default: For records without it.

    Returns:
        A value for each record.

    Raises:
        ValueError: If a record is damaged.
    """
    return _read(path, offsets, key, _first_int, default)


def count_values(
    path: str | pathlib.Path, offsets: Sequence[int], key: str
) -> list[int]:
    """Counts the values of a feature, such as the frames of a video.

    Args:
        path: The uncompressed file.
        offsets: Bytes before each record, from `records.find_offsets`.
        key: Of a feature of strings.

    Returns:
        A count for each record, 0 where it lacks the feature.

    Raises:
        ValueError: If a record is damaged.
    """
    return _read(path, offsets, key, _count, 0)


def _read(
    path: str | pathlib.Path,
    offsets: Sequence[int],
    key: str,
    read: Callable[[mmap.mmap, int, int], int | None],
    default: int,
) -> list[int]:
    """Reads a number out of a feature of each record."""
    with (
        pathlib.Path(path).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        values = []
        for offset in offsets:
            try:
                value = _find(data, offset, key.encode(), read)
            except (IndexError, ValueError) as error:
                raise ValueError(
                    f"{path} is damaged in the record that starts at byte "
                    f"{offset}. Prepare the data set again."
                ) from error
            values.append(default if value is None else value)
        return values


def _find(
    data: mmap.mmap,
    offset: int,
    key: bytes,
    read: Callable[[mmap.mmap, int, int], int | None],
) -> int | None:
    start = offset + _HEADER_BYTES
    end = start + int.from_bytes(data[offset : offset + 8], "little")
    for _, features, features_end in _parts(data, start, end):
        for _, entry, entry_end in _parts(data, features, features_end):
            parts = {
                field: (a, b) for field, a, b in _parts(data, entry, entry_end)
            }
            if _KEY not in parts or _VALUE not in parts:
                continue
            begin, stop = parts[_KEY]
            if stop - begin == len(key) and data[begin:stop] == key:
                return read(data, *parts[_VALUE])
    return None


def _first_int(data: mmap.mmap, start: int, end: int) -> int | None:
    for field, values, values_end in _parts(data, start, end):
        for _, packed, packed_end in _parts(data, values, values_end):
            if field == _INT64_LIST and packed < packed_end:
                number, _ = _varint(data, packed)
                return number - 2 * _SIGN if number >= _SIGN else number
    return None


def _count(data: mmap.mmap, start: int, end: int) -> int:
    return sum(
        1
        for _, values, values_end in _parts(data, start, end)
        for _ in _parts(data, values, values_end)
    )


def _parts(
    data: mmap.mmap, start: int, end: int
) -> Iterator[tuple[int, int, int]]:
    """Yields (field number, begin, end) of the parts of a message."""
    position = start
    while position < end:
        tag, position = _varint(data, position)
        if tag & 7 != _BYTES:
            raise ValueError(f"unexpected wire type {tag & 7}")
        length, position = _varint(data, position)
        if position + length > end:
            raise ValueError("a part is longer than the whole")
        yield tag >> 3, position, position + length
        position += length


def _varint(data: mmap.mmap, position: int) -> tuple[int, int]:
    """Returns a number of variable length and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7
