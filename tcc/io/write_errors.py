"""Errors of writing, as Python's own, with the folder and the mend.

TensorFlow and TFDS have their own classes for a full disk and the like, which
nobody who calls us expects; Python's own do not name the file when a write
fails, and TensorFlow's summaries do not fail at all.
"""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator

# What can be wrong with a disk. TensorFlow has the system's words for it in its
# messages, Python's errors of writes have the number and mostly no file name.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NUMBERS = (*_FULL, errno.EROFS, errno.EACCES)
_MEND = "Free some space, or write to another folder."


@contextlib.contextmanager
def as_os_error(
    folder: str | os.PathLike[str], *, needed_bytes: int = 0
) -> Iterator[None]:
    """Turns errors of writing files into `OSError` with folder and mend.

    Args:
      folder: that is written to.
      needed_bytes: that the files take, about; 0 is unknown.

    Raises:
      OSError: naming the folder.
    """
    try:
        yield
    except Exception as error:
        # TFDS wraps what it meets in a RuntimeError.
        cause = error.__cause__ if isinstance(error, RuntimeError) else error
        number = _number(cause)
        if number is None:
            raise
        raise OSError(
            number, _explain(number, folder, needed_bytes), str(folder)
        ) from error


def require_space(folder: str | os.PathLike[str], num_bytes: int) -> None:
    """Refuses to go on where so much cannot be written.

    For writers that do not tell: TensorFlow's summaries drop what a full disk
    does not take.

    Args:
      folder: that is written to.
      num_bytes: to try with; they are gone at once.

    Raises:
      OSError: naming the folder.
    """
    with as_os_error(folder), tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(num_bytes))
        file.flush()


def _number(cause: BaseException | None) -> int | None:
    """Returns the number of an error of writing, None for all others."""
    if isinstance(cause, OSError):
        if cause.filename is None:
            return cause.errno if cause.errno in _NUMBERS else None
        is_ours = _MEND in str(cause)
        return cause.errno if cause.errno in _FULL and not is_ours else None
    # By name: TensorFlow is not loaded for those who only write files.
    if type(cause).__module__.startswith("tensorflow."):
        for number in _NUMBERS:
            if os.strerror(number) in str(cause):
                return number
    return None


def _explain(
    number: int, folder: str | os.PathLike[str], needed_bytes: int
) -> str:
    text = os.strerror(number)
    if number == errno.ENOSPC and needed_bytes:
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(folder).free
            text += f": {_megabytes(needed_bytes)} needed, "
            text += f"{_megabytes(free)} free"
    return f"{text}. {_MEND}"


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:.1f} MB"
