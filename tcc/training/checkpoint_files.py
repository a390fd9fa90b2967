"""The files of checkpoints: found, linked, removed, without TensorFlow."""

import contextlib
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterator

# TensorFlow looks for a checkpoint with its prefix as a pattern. `*` and `?`
# match themselves; a set of letters and an escape do not.
_NOT_ITSELF = re.compile(r"\[.*\]|\\", re.DOTALL)


def list_folder(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """Returns step -> path prefix of the checkpoints in one folder."""
    found = {}
    for index in folder.glob("ckpt-*.index"):
        match = re.fullmatch(r"ckpt-(\d+)", index.stem)
        if match:
            found[int(match[1])] = index.with_suffix("")
    return found


@contextlib.contextmanager
def workplace(folder: pathlib.Path, writer: str) -> Iterator[pathlib.Path]:
    """Makes an empty hidden folder, and removes it with all that is in it.

    Args:
      folder: of the checkpoints; made when absent.
      writer: name of who writes there.
    """
    path = folder / f".unfinished-{writer}"
    shutil.rmtree(path, ignore_errors=True)  # left by a killed one
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def plain_prefix(path: pathlib.Path) -> Iterator[str]:
    """Gives a checkpoint a prefix by which TensorFlow can read it.

    Where its folder's name could be taken for a pattern, as `runs [2]`, that
    is a link to the folder, which is there as long as the context.

    Args:
      path: prefix of a checkpoint.

    Yields:
      A prefix that as a pattern matches itself.

    Raises:
      ValueError: there is no folder for such a link.
    """
    if is_plain(path):
        yield str(path)
        return
    places = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    place = next((p for p in places if is_plain(p)), None)
    if place is None:
        raise ValueError(
            f"{path} has brackets or a backslash in its name, which "
            "TensorFlow takes for a pattern, and so has TMPDIR. Set TMPDIR to "
            f"another folder. Received: {tempfile.gettempdir()}"
        )
    with tempfile.TemporaryDirectory(dir=place) as folder:
        link_to = pathlib.Path(folder) / "checkpoints"
        link_to.symlink_to(path.parent.absolute(), target_is_directory=True)
        yield str(link_to / path.name)


def is_plain(path: str | os.PathLike[str]) -> bool:
    """Tells whether TensorFlow can read a checkpoint by this path."""
    return not _NOT_ITSELF.search(str(path))


def publish(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Moves a finished checkpoint into a folder, its index last.

    Whenever the process or the machine stops, what has an index is whole.

    Args:
      path: prefix of the checkpoint, in the same file system.
      folder: a checkpoint of the same name there is replaced.

    Returns:
      The new prefix.
    """
    remove(folder / path.name)
    index = path.with_name(f"{path.name}.index")
    for source in (*path.parent.glob(f"{path.name}.data-*"), index):
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(folder / source.name)
    _note_newest(folder, path.name)
    return folder / path.name


def _note_newest(folder: pathlib.Path, name: str) -> None:
    """Writes the file in which `tf.train.latest_checkpoint` looks."""
    partial = folder / ".checkpoint.partial"
    partial.write_text(f'model_checkpoint_path: "{name}"\n', encoding="utf-8")
    partial.replace(folder / "checkpoint")


def prune(folder: pathlib.Path, *, newest: int, keep: int) -> None:
    """Removes the oldest checkpoints.

    Args:
      folder: of the checkpoints.
      newest: step of the one just written. Later ones can be there, of which
        none could be read; they stay until they are written again.
      keep: so many stay, `newest` among them.
    """
    found = list_folder(folder)
    steps = sorted(step for step in found if step <= newest)
    for step in steps[:-keep]:
        remove(found[step])


def link(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Puts a checkpoint into another folder too, where it may outlive itself.

    Files are linked, which takes no space, and copied where that is not
    possible. The index comes last: with it the checkpoint is whole.

    Args:
      path: prefix of a checkpoint.
      folder: made when absent.

    Returns:
      The new prefix.

    Raises:
      FileNotFoundError: the checkpoint is not there, or was removed meanwhile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = sorted(path.parent.glob(f"{path.name}.data-*"))
    if not parts:
        raise FileNotFoundError(f"{path} has no files.")
    remove(folder / path.name)
    for source in (*parts, path.with_name(f"{path.name}.index")):
        target = folder / source.name
        try:
            target.hardlink_to(source)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            partial = target.with_name(f".{target.name}.partial")
            shutil.copyfile(source, partial)
            partial.replace(target)
    return folder / path.name


def remove(path: pathlib.Path) -> None:
    """Removes the files of a checkpoint, its index first.

    Args:
      path: prefix of a checkpoint.
    """
    path.with_name(f"{path.name}.index").unlink(missing_ok=True)
    for part in path.parent.glob(f"{path.name}.data-*"):
        part.unlink(missing_ok=True)
