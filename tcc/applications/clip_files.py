"""Which video files a folder or a pattern names, before any is opened."""

import os
import pathlib
from collections.abc import Sequence

from absl import logging

from tcc.datasets.builders.video_folder import contents, endings
from tcc.io import folder_entries

_SHOWN = 5  # problems in a message


def list_files(pattern: str) -> list[pathlib.Path]:
    """Returns the video files of a folder, or those that a pattern names.

    Hidden files are left out, as everywhere.

    Args:
      pattern: as "clips/*.mp4", or a folder or file. What is there by this
        name is no pattern, whatever letters it has: "clips [2024]".

    Returns:
      Paths in order of their names.

    Raises:
      FileNotFoundError: there are none.
      ValueError: two of them have one name but for folder and ending, or one
        is no file that can be read.
    """
    whole = pathlib.Path(os.path.expanduser(pattern))  # noqa: PTH111
    if whole.is_dir():
        inside = contents.look(whole)
        found, remarks = inside.files, inside.remarks
        remarks |= {
            str(path): "a video as pictures, which only prepare reads"
            for path in inside.picture_folders
        }
    else:
        named = [whole] if whole.exists() else folder_entries.expand(pattern)
        found, remarks = contents.choose_videos(
            path
            for path in named
            if not path.is_dir() or endings.names_a_video(path)
        )
    notes = [f"{path}: {why}." for path, why in remarks.items()]
    if not found:
        raise FileNotFoundError(
            f"--videos: {pattern!r} names no video"
            f" ({', '.join(endings.VIDEO_ENDINGS)}). Write the pattern in"
            " quotes, as --videos='clips/*.mp4'."
            + "".join(f"\n{note}" for note in notes[:_SHOWN])
        )
    for note in notes:
        logging.warning("%s", note)
    _refuse_unusable(found)
    return found


def _refuse_unusable(paths: Sequence[pathlib.Path]) -> None:
    """Refuses files that cannot be read, all at once, and names taken twice.

    Before anything is computed: this takes no time.
    """
    obstacles = [folder_entries.find_obstacle(path) for path in paths]
    obstacles = [obstacle for obstacle in obstacles if obstacle]
    if obstacles:
        more = len(obstacles) - _SHOWN
        if more > 0:
            obstacles = [*obstacles[:_SHOWN], f"... and {more} more."]
        raise ValueError("\n".join(obstacles))
    seen: dict[str, pathlib.Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem, path)
        if other != path:
            raise ValueError(
                f"{other} and {path} have the same name. Rename one of them."
            )
