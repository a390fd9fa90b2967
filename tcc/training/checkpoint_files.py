"""The files of checkpoints: found, linked, removed, without TensorFlow."""

import pathlib
import re
import shutil


def list_folder(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """Returns step -> path prefix of the checkpoints in one folder."""
    found = {}
    for index in folder.glob("ckpt-*.index"):
        match = re.fullmatch(r"ckpt-(\d+)", index.stem)
        if match:
            found[int(match[1])] = index.with_suffix("")
    return found


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
    for source in (*parts, path.with_name(f"{path.name}.index")):
        target = folder / source.name
        target.unlink(missing_ok=True)
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
