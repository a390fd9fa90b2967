"""Files that appear when they are complete, or not at all."""

import contextlib
import hashlib
import os
import pathlib
from collections.abc import Iterator

from tcc.io import write_errors

# Of UTF-8; file systems end at 255, and the hidden name is longer.
_LONGEST_NAME = 200


@contextlib.contextmanager
def write(
    path: str | os.PathLike[str], *, needed_bytes: int = 0
) -> Iterator[pathlib.Path]:
    """Gives a hidden file to write, and moves it into place at the end.

    What was at `path` before stays until then.

    Args:
      path: of the file. The folders above it are made when missing.
      needed_bytes: that it takes, about, to tell when a disk is full; 0 is
        unknown.

    Yields:
      A path beside it, of the same ending; it vanishes when an error comes.

    Raises:
      OSError: it cannot be written, with folder and mend.
    """
    target = pathlib.Path(path)
    # Two processes may write the same file: the last one wins, whole.
    unfinished = target.with_name(
        f".unfinished-{os.getpid()}-{_shorten(target.name)}"
    )
    try:
        with write_errors.as_os_error(target.parent, needed_bytes=needed_bytes):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield unfinished
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _shorten(name: str) -> str:
    """Returns a long name's hash and end, so that its ending stays."""
    encoded = os.fsencode(name)
    if len(encoded) <= _LONGEST_NAME:
        return name
    return f"{hashlib.sha256(encoded).hexdigest()[:16]}-{name[-32:]}"
