"""Errors of writing, as Python's own.

TensorFlow and TFDS have their own classes for a full disk and the like, which
nobody who calls us expects.
"""

import contextlib
import errno
import pathlib
from collections.abc import Iterator

import tensorflow as tf

_NUMBERS = {
    tf.errors.ResourceExhaustedError: errno.ENOSPC,
    tf.errors.PermissionDeniedError: errno.EACCES,
}
_MEND = "Free some space, or write to another folder."


@contextlib.contextmanager
def as_os_error(folder: pathlib.Path) -> Iterator[None]:
    """Turns errors of TensorFlow's files into `OSError`.

    Args:
      folder: that is written to.

    Raises:
      OSError: naming the folder.
    """
    try:
        yield
    except (tf.errors.OpError, RuntimeError) as error:
        # TFDS wraps what it meets in a RuntimeError.
        cause = error.__cause__ if isinstance(error, RuntimeError) else error
        for kind, number in _NUMBERS.items():
            if isinstance(cause, kind):
                # TensorFlow says it as "<path>; No space left on device".
                reason = cause.message.rpartition("; ")[2]
                raise OSError(
                    number, f"{reason}. {_MEND}", str(folder)
                ) from error
        raise
