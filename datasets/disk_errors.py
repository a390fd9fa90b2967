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
    except tf.errors.OpError as error:
        raise _translate(error, folder) from error
    except RuntimeError as error:  # TFDS wraps what it meets
        if isinstance(error.__cause__, tf.errors.OpError):
            raise _translate(error.__cause__, folder) from error
        raise


def _translate(error: tf.errors.OpError, folder: pathlib.Path) -> Exception:
    number = _NUMBERS.get(type(error))
    if number is None:
        return error
    # TensorFlow says it as "<path>; No space left on device".
    reason = error.message.rpartition("; ")[2]
    return OSError(number, f"{reason}. {_MEND}", str(folder))
