"""Reads `.npz` files that may be damaged, or made to do harm.

NumPy alone would take the memory that a header claims, unpack a small file to
any size, and raise a dozen kinds of errors.
"""

import math
import pathlib
import zipfile
from collections.abc import Collection, Iterable, Mapping
from typing import IO

import numpy as np

from tcc.io import read_errors

# Compression may make a file this much smaller. Embeddings hardly shrink, and
# `numpy.savez` does not compress at all.
_MAX_RATIO = 50
_SMALL_BYTES = 1 << 28  # unpacked, which is harmless whatever the ratio


def read(
    path: pathlib.Path,
    kinds: Mapping[str, tuple[str, int]],
    *,
    optional: Collection[str] = (),
) -> dict[str, np.ndarray]:
    """Reads named arrays; no pickled object is loaded.

    Args:
      path: of the file.
      kinds: of each array its kind of dtype ("f", "i" or "U", as
        `numpy.dtype.kind`) and its number of dimensions.
      optional: names of arrays that may be missing.

    Returns:
      The arrays by name; others in the file are not looked at.

    Raises:
      ValueError: the file is no such archive, an array is missing or of
        another kind, or it is too large to be true. The message does not name
        the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            present = set(archive.namelist())
            members = {
                key: _member(archive, key)
                for key in kinds
                if key not in optional or f"{key}.npy" in present
            }
            _refuse_bomb(path, members.values())
            return {
                key: _read_array(archive, member, key, *kinds[key])
                for key, member in members.items()
            }
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"it is not an npz archive of named arrays, or is cut short: "
            f"{error}"
        ) from error
    except read_errors.NUMPY as error:
        # Not all of them have a message.
        raise ValueError(str(error) or type(error).__name__) from error


def _member(archive: zipfile.ZipFile, key: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(f"{key}.npy")
    except KeyError:
        raise ValueError(f"the array {key!r} is missing") from None


def _refuse_bomb(
    path: pathlib.Path, members: Iterable[zipfile.ZipInfo]
) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = path.stat().st_size
    if unpacked > max(_SMALL_BYTES, _MAX_RATIO * packed):
        raise ValueError(
            f"its {packed:,} bytes would unpack to {unpacked:,} bytes"
        )


def _read_array(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    key: str,
    kind: str,
    ndim: int,
) -> np.ndarray:
    with archive.open(member) as file:
        shape, dtype = _read_header(file)
        start = file.tell()
    if dtype.kind != kind or len(shape) != ndim:
        raise ValueError(
            f"the array {key!r} must have {ndim} dimensions and a dtype of "
            f"kind {kind!r}. Received: shape {shape}, dtype {dtype}"
        )
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != member.file_size - start or min(shape, default=0) < 0:
        raise ValueError(
            f"the array {key!r} is cut short: shape {shape} and dtype {dtype} "
            f"take {claimed:,} bytes. Received: {member.file_size - start:,}"
        )
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"format {version} of an array is not known")
    shape, _, dtype = read(file)
    return shape, dtype
