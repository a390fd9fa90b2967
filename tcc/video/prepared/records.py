"""Random access to the records of TFRecord files.

A record is one video with all its JPEG frames, so a shuffle buffer of records
would hold gigabytes. Instead the byte offset of every record is found once (a
seek and 12 bytes per record), and the videos of a batch are read straight from
where they are: a full shuffle costs no memory, a restart skips nothing, and a
worker reads only its own share.
"""

import dataclasses
import pathlib
import struct

import numpy as np
import tensorflow as tf

_HEADER_BYTES = 12  # length (uint64, little endian) and its checksum
_FOOTER_BYTES = 4  # checksum of the data
_READ_BUFFER_BYTES = 1 << 18


@dataclasses.dataclass(frozen=True)
class RecordTable:
    """Where the records of a split are.

    Attributes:
        paths: The files.
        files: int64 [V], for each record an index into `paths`.
        offsets: int64 [V], bytes before the record in its file.
        fallback_names: V names, for videos that have none.
    """

    paths: tuple[str, ...]
    files: np.ndarray
    offsets: np.ndarray
    fallback_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.files)


def find_offsets(path: str | pathlib.Path) -> np.ndarray:
    """Finds where each record of an uncompressed TFRecord file starts.

    Args:
        path: The file.

    Returns:
        int64 [number of records], bytes.

    Raises:
        ValueError: If the file ends in the middle of a record.
    """
    size = pathlib.Path(path).stat().st_size
    offsets = []
    position = 0
    with pathlib.Path(path).open("rb", buffering=0) as file:
        while position < size:
            offsets.append(position)
            file.seek(position)
            header = file.read(_HEADER_BYTES)
            if len(header) == _HEADER_BYTES:
                (length,) = struct.unpack_from("<Q", header)
                position += _HEADER_BYTES + length + _FOOTER_BYTES
            if len(header) < _HEADER_BYTES or position > size:
                raise ValueError(
                    f"{path} is damaged: it has {size} bytes and ends inside "
                    f"the record that starts at byte {offsets[-1]}. Prepare "
                    "the data set again."
                )
    return np.array(offsets, np.int64)


def read_checksums(path: str | pathlib.Path, offsets: np.ndarray) -> np.ndarray:
    """Reads lengths and checksums of records, and nothing of their content.

    Args:
        path: The file.
        offsets: int64 [V], from `find_offsets`.

    Returns:
        int64 [V, 2]: bytes of each record, and their masked CRC-32C.
    """
    found = np.zeros([len(offsets), 2], np.int64)
    with pathlib.Path(path).open("rb", buffering=0) as file:
        for row, offset in zip(found, offsets.tolist(), strict=True):
            file.seek(offset)
            (length,) = struct.unpack_from("<Q", file.read(_HEADER_BYTES))
            file.seek(offset + _HEADER_BYTES + length)
            row[:] = length, *struct.unpack("<I", file.read(_FOOTER_BYTES))
    return found


def read(path: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Reads one record and verifies its checksum.

    The public `tf.data.TFRecordDataset` cannot start at an offset, the op
    below it can.

    Args:
        path: string scalar.
        offset: int64 scalar, bytes, from `find_offsets`.

    Returns:
        string scalar, the serialized record.

    Raises:
        tf.errors.DataLossError: If the record is damaged.
    """
    records = tf.raw_ops.TFRecordDatasetV2(
        filenames=[path],
        compression_type="",
        buffer_size=tf.constant(_READ_BUFFER_BYTES, tf.int64),
        byte_offsets=[offset],
    )
    element = {"output_types": [tf.string], "output_shapes": [[]]}
    first = tf.raw_ops.TakeDataset(
        input_dataset=records, count=tf.constant(1, tf.int64), **element
    )
    return tf.raw_ops.DatasetToSingleElement(dataset=first, **element)[0]
