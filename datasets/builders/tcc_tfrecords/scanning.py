"""Finds the records of a TFRecord file without reading them.

A record is its length (uint64), a checksum of the length, the data, and a
checksum of the data, all little endian.
"""

import dataclasses
import functools
import pathlib
import struct

_HEADER = struct.Struct("<QI")  # length and its checksum
_FOOTER_BYTES = 4
_POLYNOMIAL = 0x82F63B78  # CRC-32C, bits reversed


@dataclasses.dataclass(frozen=True)
class RecordPlaces:
    """Where the records of a file begin.

    Attributes:
      offsets: bytes before each record.
      problem: why the records behind the last of them cannot be found, or "".
    """

    offsets: list[int]
    problem: str


def find_records(path: pathlib.Path) -> RecordPlaces:
    """Walks from header to header of an uncompressed TFRecord file.

    Args:
      path: of the file.

    Returns:
      The places of all records before the first that is damaged in a way
      that hides those behind it. The data themselves are not checked.
    """
    size = path.stat().st_size
    offsets: list[int] = []
    position = 0
    with path.open("rb", buffering=0) as file:
        while position < size:
            file.seek(position)
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return RecordPlaces(offsets, _cut(path, len(offsets), size))
            length, checksum = _HEADER.unpack(header)
            if checksum != masked_crc32c(header[:8]):
                return RecordPlaces(offsets, _no_header(path, len(offsets)))
            end = position + _HEADER.size + length + _FOOTER_BYTES
            if end > size:
                return RecordPlaces(offsets, _cut(path, len(offsets), size))
            offsets.append(position)
            position = end
    return RecordPlaces(offsets, "" if offsets else f"{path} has no records.")


def _cut(path: pathlib.Path, record: int, size: int) -> str:
    return (
        f"{path}, record {record} (from 0): the file ends inside it, after "
        f"{size} bytes. Copy or download the file again."
    )


def _no_header(path: pathlib.Path, record: int) -> str:
    if record == 0:
        return (
            f"{path}, record 0: no record begins here. Is it a TFRecord file, "
            "and not compressed? If it is compressed, unpack it first; "
            "otherwise copy or download it again."
        )
    return (
        f"{path}, record {record} (from 0): the checksum of its length is "
        "wrong, so it and what follows cannot be found. Copy or download the "
        "file again."
    )


def masked_crc32c(data: bytes) -> int:
    """Returns the checksum of TFRecord files; for a few bytes only: slow."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _table()[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@functools.cache
def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table
