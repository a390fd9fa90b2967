"""Small file systems that can be filled."""

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

_BLOCK = 4096


@contextlib.contextmanager
def mounted(folder: pathlib.Path, *, kilobytes: int) -> Iterator[pathlib.Path]:
    """Mounts a file system of so many kB; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k"]
    try:
        subprocess.run(
            ["mount", *options, "tmpfs", str(folder)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: pathlib.Path, *, leave_bytes: int = 0) -> pathlib.Path:
    """Fills a file system; returns the file whose removal frees it again."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(_BLOCK))
        file.truncate(max(0, file.tell() - leave_bytes))
    return path


def files_in(folder: pathlib.Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    }
