"""Files that appear when they are complete, or not at all."""

import contextlib
import csv
import hashlib
import itertools
import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from tcc.io import write_errors

# Of UTF-8; file systems end at 255, and the hidden name is longer.
_LONGEST_NAME = 200
# How the names of files begin that are being written, or were left by a
# process that was killed meanwhile.
UNFINISHED = ".unfinished-"
_COUNT = itertools.count()


class Picture(Protocol):
    """What `write_picture` takes, such as a `PIL.Image.Image`."""

    def save(self, fp: Any, /) -> None:
        """Writes the picture to a path, in the format of its ending."""


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
      OSError: it cannot be written, with the folder and what to do.
    """
    target = pathlib.Path(path)
    # Several processes or threads may write the same file: the last one wins.
    own = f"{os.getpid()}-{next(_COUNT)}"
    unfinished = target.with_name(f"{UNFINISHED}{own}-{_shorten(target.name)}")
    try:
        with write_errors.as_os_error(target.parent, needed_bytes=needed_bytes):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield unfinished
            _flush(unfinished)
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file in UTF-8.

    Args:
      path: of the file.
      text: all of its content.

    Raises:
      OSError: it cannot be written.
    """
    content = text.encode()
    with write(path, needed_bytes=len(content)) as unfinished:
        unfinished.write_bytes(content)


def write_json(
    path: str | os.PathLike[str],
    content: Any,
    *,
    indent: int | None = 1,
    allow_nan: bool = False,
    ensure_ascii: bool = True,
) -> None:
    """Writes a JSON file.

    Args:
      path: of the file.
      content: what `json.dumps` takes.
      indent: as of `json.dumps`.
      allow_nan: as of `json.dumps`.
      ensure_ascii: as of `json.dumps`.

    Raises:
      OSError: it cannot be written.
      ValueError: the content has a number that JSON does not have.
    """
    text = json.dumps(
        content, indent=indent, allow_nan=allow_nan, ensure_ascii=ensure_ascii
    )
    write_text(path, text + "\n")


def write_table(
    path: str | os.PathLike[str],
    rows: Iterable[Sequence[object]],
    *,
    delimiter: str = ",",
    line_end: str = "\r\n",
) -> None:
    """Writes a table as CSV, or as TSV.

    Args:
      path: of the file.
      rows: of the table, the header first.
      delimiter: between columns.
      line_end: behind each row.

    Raises:
      OSError: it cannot be written.
    """
    with (
        write(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(
            file, delimiter=delimiter, lineterminator=line_end
        ).writerows(rows)


def write_picture(path: str | os.PathLike[str], picture: Picture) -> None:
    """Writes a picture, in the format that the path's ending names.

    Args:
      path: of the file.
      picture: what to write.

    Raises:
      OSError: it cannot be written.
    """
    with write(path) as unfinished:
        picture.save(unfinished)


def _flush(path: pathlib.Path) -> None:
    """Has the content on the disk before the name points to it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _shorten(name: str) -> str:
    """Returns a long name's hash and end, so that its ending stays."""
    encoded = os.fsencode(name)
    if len(encoded) <= _LONGEST_NAME:
        return name
    return f"{hashlib.sha256(encoded).hexdigest()[:16]}-{name[-32:]}"
