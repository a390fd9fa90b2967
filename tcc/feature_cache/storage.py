"""The files of a cache, and how they come to be.

<folder>/<digest>/        complete, never changed again
    features.bin          [rows, h, w, c] of 2 bytes a value, nothing else
    videos.npz            see `tcc.feature_cache.videos`
    cache.json            the description, see `tcc.feature_cache.identity`
<folder>/<digest>.partial/  the same while it is being filled
    progress.json         how many videos are in features.bin
<folder>/<digest>.lock    held by the process that fills it

The rows of a video are its variants one behind the other, each with all its
frames. What is complete was renamed from what was partial, so nothing between
is ever read; what is partial goes on where it ended.
"""

import contextlib
import dataclasses
import errno
import fcntl
import math
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from absl import logging

from tcc.feature_cache import videos
from tcc.io import atomic_files, json_files, write_errors

FEATURES, VIDEOS = "features.bin", "videos.npz"
_DESCRIPTION, _PROGRESS = "cache.json", "progress.json"
_BYTES = 2  # of a value
# Of the needed space, and in bytes, that stays free: a disk filled to its end
# stops the checkpoints of the training that follows.
_MARGIN_SHARE, _MARGIN_BYTES = 0.05, 256 << 20


@dataclasses.dataclass(frozen=True)
class Layout:
    """Sizes of a cache.

    Attributes:
      feature_shape: (h, w, c).
      copies: of each frame, 1 or the number of variants.
      num_frames: of all videos.
    """

    feature_shape: tuple[int, int, int]
    copies: int
    num_frames: int

    @property
    def row_bytes(self) -> int:
        """Bytes of the features of one frame."""
        return math.prod(self.feature_shape) * _BYTES

    @property
    def num_rows(self) -> int:
        """Rows of the file of features."""
        return self.num_frames * self.copies

    @property
    def num_bytes(self) -> int:
        """Bytes of the file of features."""
        return self.num_rows * self.row_bytes


def is_complete(folder: pathlib.Path) -> bool:
    """Returns whether there is a cache in `folder`."""
    return folder.is_dir()


def check(
    folder: pathlib.Path, description: dict[str, Any], layout: Layout
) -> None:
    """Refuses a cache that was changed after it was written.

    Raises:
      ValueError: its files are not those that belong to the description.
    """
    path = folder / FEATURES
    size = path.stat().st_size if path.is_file() else 0
    if size != layout.num_bytes or _read_json(folder) != description:
        raise ValueError(
            f"{folder} is damaged: {FEATURES} has {size} bytes instead of "
            f"{layout.num_bytes}, or {_DESCRIPTION} was changed. Delete the "
            "folder; the next run computes it again."
        )


@contextlib.contextmanager
def lock(folder: pathlib.Path) -> Iterator[None]:
    """Waits until no other process fills the cache, and keeps others out.

    Raises:
      OSError: the folder around it cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.with_name(folder.name + ".lock")
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logging.info("Waiting: another process fills %s.", folder)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class PartialCache:
    """A cache that is being filled; only under its `lock`.

    Attributes:
      table: the videos.
      num_done: how many of them are filled already.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        description: dict[str, Any],
        table: videos.VideoTable,
        layout: Layout,
    ) -> None:
        """Goes on with what is there, or starts anew.

        Raises:
          OSError: the disk has too little space, or cannot be written.
        """
        self.table = table
        self.layout = layout
        self._folder = folder
        self._partial = folder.with_name(folder.name + ".partial")
        self.num_done = self._find_done(description)
        if not self.num_done:
            self._start(description)

    def _find_done(self, description: dict[str, Any]) -> int:
        features = self._partial / FEATURES
        if (
            _read_json(self._partial) != description
            or not features.is_file()
            or features.stat().st_size != self.layout.num_bytes
        ):
            return 0
        found = _read_json(self._partial, _PROGRESS).get("num_videos", 0)
        is_count = isinstance(found, int) and not isinstance(found, bool)
        if is_count and 0 <= found <= len(self.table.numbers):
            return found
        return 0  # damaged: it is cheaper to start anew than to guess

    def _start(self, description: dict[str, Any]) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)
        require_space(self._folder.parent, self.layout.num_bytes)
        try:
            with self._disk_errors():
                self._partial.mkdir()
                with (self._partial / FEATURES).open("wb") as file:
                    # A disk that is too full says so now, not hours later.
                    os.posix_fallocate(file.fileno(), 0, self.layout.num_bytes)
                videos.save(self.table, self._partial / VIDEOS)
                _write_json(self._partial, description)
        except OSError:
            shutil.rmtree(self._partial, ignore_errors=True)
            raise

    def fill(self, index: int, features: Iterable[np.ndarray]) -> None:
        """Writes the rows of the next video.

        Args:
          index: of the video in the table; `num_done`.
          features: parts [rows, h, w, c], of 2 bytes a value, in order.

        Raises:
          OSError: the disk cannot be written; the videos before stay.
        """
        start = int(self.table.starts[index]) * self.layout.copies
        with self._disk_errors():
            with (self._partial / FEATURES).open("r+b") as file:
                file.seek(start * self.layout.row_bytes)
                for part in features:
                    file.write(np.ascontiguousarray(part).tobytes())
                file.flush()
                os.fsync(file.fileno())
            _write_json(self._partial, {"num_videos": index + 1}, _PROGRESS)
        self.num_done = index + 1

    def finish(self) -> None:
        """Makes the cache complete."""
        # Once more: another process may have left a damaged one.
        with self._disk_errors():
            videos.save(self.table, self._partial / VIDEOS)
        (self._partial / _PROGRESS).unlink(missing_ok=True)
        self._partial.rename(self._folder)

    def _disk_errors(self) -> contextlib.AbstractContextManager[None]:
        return write_errors.as_os_error(
            self._folder.parent, needed_bytes=self.layout.num_bytes
        )


def require_space(folder: pathlib.Path, num_bytes: int) -> None:
    """Refuses a cache that would not fit.

    Args:
      folder: that is to hold it.
      num_bytes: of the cache.

    Raises:
      OSError: with the needed and the free space.
    """
    free = shutil.disk_usage(folder).free
    margin = max(_MARGIN_BYTES, int(_MARGIN_SHARE * num_bytes))
    if num_bytes + margin > free:
        raise OSError(
            errno.ENOSPC,
            f"The cache of features needs {in_words(num_bytes)}, and "
            f"{in_words(margin)} that must stay free; there are "
            f"{in_words(free)}. Free some space, or change "
            "config.feature_cache.folder, a lower "
            "config.model.feature_grid or fewer config.feature_cache.variants",
            str(folder),
        )


def in_words(num_bytes: int) -> str:
    """Returns a size for people."""
    if num_bytes >= 1e9:
        return f"{num_bytes / 1e9:.1f} GB"
    return f"{num_bytes / 1e6:.1f} MB"


def _read_json(
    folder: pathlib.Path, name: str = _DESCRIPTION
) -> dict[str, Any]:
    """Returns the content of a file, {} if there is none or it is damaged."""
    try:
        found = json_files.read(folder / name, what="a description", fix="")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(
    folder: pathlib.Path, values: dict[str, Any], name: str = _DESCRIPTION
) -> None:
    """Replaces a file at once, so that it is never half written."""
    atomic_files.write_json(folder / name, values, indent=2)
