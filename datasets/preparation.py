"""Prepares a data set so that it is either there as a whole or not at all.

Everything is written into one hidden folder inside the data folder and moved
into place at the end. What an interrupted or killed preparation left behind
is removed by the next one of the same data set; readers never see it.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator

import tensorflow_datasets as tfds

from tcc.datasets import contact_sheet

CONTACT_SHEET = "contact_sheet.png"


def prepare(
    create: Callable[[pathlib.Path], tfds.core.GeneratorBasedBuilder],
    *,
    data_dir: pathlib.Path,
    overwrite: bool = False,
) -> pathlib.Path:
    """Prepares a data set and draws its contact sheet.

    Args:
      create: makes the builder for the data folder it is given.
      data_dir: the folder of all prepared data sets; made when missing.
      overwrite: replaces a data set that is already there. It stays until
        the new one is complete.

    Returns:
      The folder of the prepared data set,
      `<data_dir>/<dataset>/<config>/<version>`.

    Raises:
      ValueError: when the data set is already there, or another process
        prepares it, or what it is made from is bad.
    """
    builder = create(data_dir)
    target = pathlib.Path(builder.data_dir)
    if target.exists() and not overwrite:
        raise ValueError(
            f"The data set is already prepared in {target}. Use it as it is, "
            "or give --overwrite to prepare it again."
        )
    key = "-".join(target.relative_to(data_dir).parts)
    data_dir.mkdir(parents=True, exist_ok=True)
    with (
        _lock(data_dir / f".preparing-{key}.lock"),
        _workplace(data_dir / f".preparing-{key}") as workplace,
    ):
        builder = create(workplace)
        with _no_download_folder(workplace) as download_config:
            builder.download_and_prepare(download_config=download_config)
        made = pathlib.Path(builder.data_dir)
        contact_sheet.draw(made).save(made / CONTACT_SHEET)
        _publish(made, target, workplace / "replaced")
    return target


@contextlib.contextmanager
def _lock(path: pathlib.Path) -> Iterator[None]:
    """Holds a lock file; it ends with the process, however that ends."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                "Another process is preparing this data set; wait for it, or "
                f"stop it. It holds {path}."
            ) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _workplace(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Makes an empty folder and removes it with all that is in it."""
    shutil.rmtree(path, ignore_errors=True)  # left by a killed preparation
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _no_download_folder(
    workplace: pathlib.Path,
) -> Iterator[tfds.download.DownloadConfig]:
    """Keeps TFDS's own bars and messages quiet; ours say more."""
    tfds.disable_progress_bar()
    try:
        yield tfds.download.DownloadConfig(
            try_download_gcs=False, manual_dir=workplace
        )
    finally:
        tfds.enable_progress_bar()


def _publish(
    made: pathlib.Path, target: pathlib.Path, replaced: pathlib.Path
) -> None:
    """Moves the finished data set into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        os.rename(target, replaced)
    try:
        os.rename(made, target)
    except OSError:
        if replaced.exists():
            os.rename(replaced, target)
        raise
