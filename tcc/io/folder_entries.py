"""What stands in a folder of the user: one listing for every command.

File managers, archivers and network shares leave files of their own between
the user's, such as `._clip.mp4` and `Thumbs.db`. They are hidden here, and so
everywhere.
"""

import errno
import glob
import os
import pathlib
import stat

# Names without a leading dot that no user gives, in lower case.
_SYSTEM_NAMES = {
    "$recycle.bin",
    "@eadir",
    "__macosx",
    "desktop.ini",
    "ehthumbs.db",
    "icon\r",
    "lost+found",
    "system volume information",
    "thumbs.db",
}
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def is_hidden(name: str) -> bool:
    """Tells whether a name is that of a hidden file, or of the system's."""
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def list_visible(folder: pathlib.Path) -> list[pathlib.Path]:
    """Lists a folder without what is hidden, in order of names.

    Args:
      folder: to list.

    Raises:
      OSError: when it cannot be listed.
    """
    return sorted(p for p in folder.iterdir() if not is_hidden(p.name))


def expand(pattern: str) -> list[pathlib.Path]:
    r"""Lists what a pattern names, as a shell does.

    `*` and `?` do not match a leading dot; `**` goes through all folders.
    A part that is the name of something there, such as the folder
    `clips [2024]`, stands for that; a backslash is a letter like any other.

    Args:
      pattern: as "clips/*.mp4"; `~` is expanded.

    Returns:
      Paths in order of names, without hidden ones.
    """
    whole = pathlib.Path(os.path.expanduser(pattern))  # noqa: PTH111
    done = pathlib.Path(whole.anchor)
    parts = whole.parts[1:] if whole.anchor else whole.parts
    escaped = [glob.escape(whole.anchor)] if whole.anchor else []
    is_literal = True
    for part in parts:
        # Only brackets can keep a name from matching itself.
        is_literal = is_literal and (
            not glob.has_magic(part)
            or ("[" in part and os.path.lexists(done / part))
        )
        escaped.append(glob.escape(part) if is_literal else part)
        done /= part
    # pathlib's own patterns match hidden names.
    found = glob.glob(  # noqa: PTH207
        str(pathlib.Path(*escaped)), recursive=True
    )
    named = {part for part in parts if not glob.has_magic(part)}
    return sorted(
        path
        for path in map(pathlib.Path, found)
        if path.name in named or not is_hidden(path.name)
    )


def expand_in(folder: pathlib.Path, pattern: str) -> list[pathlib.Path]:
    """Lists what a pattern names in a folder, whatever the folder's name.

    Args:
      folder: that is taken by its name.
      pattern: below it.

    Returns:
      Paths in order of names, without hidden ones.
    """
    found = glob.glob(pattern, root_dir=folder)  # noqa: PTH207
    return sorted(
        folder / name
        for name in found
        if not any(map(is_hidden, pathlib.Path(name).parts))
    )


def find_obstacle(path: pathlib.Path) -> str:
    """Says why something cannot be read as a file.

    Only regular files are read: opening a pipe would wait for ever.

    Args:
      path: that exists, or is a link.

    Returns:
      A sentence that names the path and what to do; "" when it is a file
      that can be opened.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            target = str(path.readlink())
            what = (
                "which leads back to it"
                if error.errno == errno.ELOOP
                else "which cannot be reached"
            )
            return (
                f"{path} is a link to {target}, {what}. Restore the target, "
                "or remove the link."
            )
        return f"{path} cannot be read: {error.strerror}."
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            return (
                f"{path} is {kind}, not a file. Remove it, or give it another "
                "name."
            )
    if not os.access(path, os.R_OK):
        return (
            f"{path} cannot be read: {os.strerror(errno.EACCES)}. Change its "
            "permissions, or remove it."
        )
    return ""


def require_file(path: pathlib.Path) -> None:
    """Refuses what is no file before it is opened.

    Args:
      path: of the file.

    Raises:
      FileNotFoundError: when nothing has this name.
      ValueError: when it is a folder, a pipe, a broken link and so on.
    """
    if not os.path.lexists(path):
        raise FileNotFoundError(f"There is no file {path}.")
    obstacle = find_obstacle(path)
    if obstacle:
        raise ValueError(obstacle)
