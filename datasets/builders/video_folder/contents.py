"""What a folder holds: video files, videos as pictures, and what is left out.

Nothing that may be a video is left out without a remark.
"""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable, Sequence

from tcc.datasets import folder_entries
from tcc.datasets.builders.video_folder import endings

_SHOWN = 3  # names in a remark


@dataclasses.dataclass
class Contents:
    """What is right in a folder.

    Attributes:
      files: of videos, in order of names. Some may be unreadable.
      picture_folders: videos as pictures, in order of names.
      remarks: {path: remark} of what is left out and may be a video.
    """

    files: list[pathlib.Path] = dataclasses.field(default_factory=list)
    picture_folders: list[pathlib.Path] = dataclasses.field(
        default_factory=list
    )
    remarks: dict[str, str] = dataclasses.field(default_factory=dict)


def look(folder: pathlib.Path) -> Contents:
    """Looks into a folder.

    Args:
      folder: that exists.

    Raises:
      ValueError: when it cannot be listed.
    """
    try:
        entries = folder_entries.list_visible(folder)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be listed: {error.strerror}. Change its "
            "permissions."
        ) from error
    found = Contents()
    subfolders = [path for path in entries if path.is_dir()]
    for path in subfolders:
        _look_into_subfolder(path, found)
    inside = set(subfolders)
    files = [path for path in entries if path not in inside]
    found.files, remarks = choose_videos(sorted([*files, *found.files]))
    found.remarks |= remarks
    pictures = [path for path in files if endings.is_picture(path)]
    if pictures:
        found.remarks[str(folder)] = (
            f"{_count(pictures, 'picture')} right in this folder are left "
            "out: the pictures of a video need a folder of their own in it"
        )
    return found


def choose_videos(
    paths: Iterable[pathlib.Path],
) -> tuple[list[pathlib.Path], dict[str, str]]:
    """Takes the videos among files.

    Args:
      paths: of files, and of folders with the ending of a video.

    Returns:
      Those to be read; and {path: remark} of those that may be videos and are
      left out. Where names differ in their endings only, and one of these is
      not usual, the more usual one is read.
    """
    chosen, remarks = [], {}
    for path in paths:
        why = endings.why_left_out(path)
        if why:
            remarks[str(path)] = f"left out: {why}"
        elif path.suffix.lower() in endings.VIDEO_ENDINGS:
            chosen.append(path)
    alike = collections.defaultdict(list)
    for path in chosen:
        alike[path.parent, endings.stem(path.name)].append(path)
    for group in alike.values():
        first = min(group, key=_rank)
        for path in group:
            if path != first and not _is_usual(path):
                remarks[str(path)] = (
                    f"left out: {first.name} has the same name. To have both "
                    "read, rename one"
                )
    return [path for path in chosen if str(path) not in remarks], remarks


def _rank(path: pathlib.Path) -> int:
    return endings.VIDEO_ENDINGS.index(path.suffix.lower())


def _is_usual(path: pathlib.Path) -> bool:
    return path.suffix.lower() in endings.USUAL_ENDINGS


def _look_into_subfolder(folder: pathlib.Path, found: Contents) -> None:
    """Says whether a subfolder is a video."""
    try:
        inside = folder_entries.list_visible(folder)
    except OSError as error:
        found.remarks[str(folder)] = f"cannot be listed: {error.strerror}"
        return
    pictures = [path for path in inside if endings.is_picture(path)]
    # A preview is often a GIF.
    clips = [
        path
        for path in inside
        if path.suffix.lower() != ".gif"
        and not path.is_dir()
        and endings.is_video(path)
    ]
    if pictures and len(pictures) > len(clips):
        found.picture_folders.append(folder)
        if clips:
            found.remarks[str(folder)] = (
                f"read as one video of {_count(pictures, 'picture')}; "
                f"{_count(clips, 'video')} in it left out. If these are meant, "
                "move them out of this folder"
            )
    elif endings.names_a_video(folder):
        found.files.append(folder)  # refused by name when it is read
    elif clips:
        mixed = f", beside {_count(pictures, 'picture')}" if pictures else ""
        found.remarks[str(folder)] = (
            f"{_count(clips, 'video')} in this folder left out{mixed}: only "
            "videos right in a folder are read. Move them up, or name this "
            "folder itself"
        )
    elif unread := [p for p in inside if endings.is_unread_picture(p)]:
        found.remarks[str(folder)] = (
            f"{_count(unread, 'picture')} in this folder left out: their "
            "ending is not read. Convert them to .png or .jpg"
        )


def _count(paths: Sequence[pathlib.Path], what: str) -> str:
    """Returns as "5 pictures (a.png, b.png, c.png, …)"."""
    names = [path.name for path in paths[:_SHOWN]]
    if len(paths) > _SHOWN:
        names.append("…")
    plural = "" if len(paths) == 1 else "s"
    return f"{len(paths)} {what}{plural} ({', '.join(names)})"
