"""Folders that appear when they are complete, or not at all."""

import contextlib
import pathlib
import shutil
from collections.abc import Iterator

from tcc.io import write_errors


@contextlib.contextmanager
def write(target: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a hidden folder to write to, and moves it into place at the end.

    Args:
      target: the folder to make. Folders above it are made when missing.

    Yields:
      An empty folder beside `target`; it vanishes when an error comes.

    Raises:
      ValueError: when there is something in the target already.
      OSError: when the folder cannot be written to.
    """
    target = target.expanduser().absolute()
    if target.exists() and not _is_empty_folder(target):
        raise ValueError(
            f"{target} is there already. Give another --output, or remove it."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".unfinished-{target.name}")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed one
    unfinished.mkdir()
    try:
        with write_errors.as_os_error(target):
            yield unfinished
        if target.exists():
            target.rmdir()
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _is_empty_folder(path: pathlib.Path) -> bool:
    return path.is_dir() and next(path.iterdir(), None) is None
