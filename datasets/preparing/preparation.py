"""Prepares a data set so that it is either there as a whole or not at all.

Everything is written into one hidden folder inside the data folder and moved
into place at the end. What an interrupted or killed preparation left behind
is removed by the next one of the same data set; readers never see it.
"""

import contextlib
import fcntl
import io
import pathlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow_datasets as tfds

from tcc.datasets import registry
from tcc.datasets.preparing import generation
from tcc.datasets.showing import contact_sheet
from tcc.io import atomic_files, write_errors

CONTACT_SHEET = "contact_sheet.png"


def prepare(
    dataset: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    arguments: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    beam_options: Any = None,
) -> pathlib.Path:
    """Prepares a data set and draws its contact sheet.

    Args:
      dataset: "<dataset>" or "<dataset>/<config>"; see `registry`.
      data_dir: the folder of all prepared data sets; made when missing.
      options: how the videos are made.
      arguments: of this data set, by the name of the command's flag.
      overwrite: replaces a data set that is already there. It stays until
        the new one is complete.
      beam_options: of `beam_generation.pipeline_options`, with
        `options.use_beam`.

    Returns:
      The folder of the prepared data set,
      `<data_dir>/<dataset>/<config>/<version>`.

    Raises:
      FileNotFoundError: when what it is made from is missing.
      ValueError: when the data set is already there, or another process
        prepares it, or what it is made from is bad.
    """

    def create(folder: pathlib.Path) -> tfds.core.GeneratorBasedBuilder:
        return registry.create_builder(
            dataset,
            data_dir=folder,
            options=options,
            arguments=arguments or {},
        )

    return prepare_builder(
        create,
        data_dir=data_dir,
        overwrite=overwrite,
        beam_options=beam_options,
    )


def prepare_builder(
    create: Callable[[pathlib.Path], tfds.core.GeneratorBasedBuilder],
    *,
    data_dir: pathlib.Path,
    overwrite: bool = False,
    beam_options: Any = None,
) -> pathlib.Path:
    """Prepares what a builder makes; `prepare` says the rest.

    Args:
      create: makes the builder for a data folder.
      data_dir: the folder of all prepared data sets; made when missing.
      overwrite: replaces a data set that is already there.
      beam_options: as in `prepare`.

    Returns:
      The folder of the prepared data set.

    Raises:
      ValueError: as `prepare`.
    """
    target = pathlib.Path(create(data_dir).data_dir)
    if target.exists() and not overwrite:
        raise ValueError(
            f"The data set is already prepared in {target}. Use it as it is, "
            "or give --overwrite to prepare it again."
        )
    key = "-".join(target.relative_to(data_dir).parts)
    data_dir.mkdir(parents=True, exist_ok=True)
    with (
        write_errors.as_os_error(data_dir),
        _lock(data_dir / f".preparing-{key}.lock"),
        _workplace(data_dir / f".preparing-{key}") as workplace,
    ):
        builder = create(workplace)
        with _quiet_tfds(), _downloads(data_dir / "downloads") as downloads:
            builder.download_and_prepare(
                download_dir=downloads,
                download_config=tfds.download.DownloadConfig(
                    beam_options=beam_options
                ),
            )
        made = pathlib.Path(builder.data_dir)
        atomic_files.write_picture(
            made / CONTACT_SHEET, contact_sheet.draw(made)
        )
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
def _downloads(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Keeps what is downloaded, outside of the workplace; nothing empty."""
    try:
        yield path
    finally:
        for folder in (path / "extracted", path / "manual", path):
            with contextlib.suppress(OSError):  # missing, or not empty
                folder.rmdir()


@contextlib.contextmanager
def _quiet_tfds() -> Iterator[None]:
    """Silences TFDS's bars and messages, which name the temporary folder."""
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()


def _publish(
    made: pathlib.Path, target: pathlib.Path, replaced: pathlib.Path
) -> None:
    """Moves the finished data set into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(replaced)
    try:
        made.rename(target)
    except OSError:
        if replaced.exists():
            replaced.rename(target)
        raise
