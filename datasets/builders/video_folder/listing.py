"""Finds the videos of a folder and says which split each is in."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence

from tcc.datasets.builders.video_folder import contents, endings

SPLITS = ("train", "val", "test")
DEFAULT_VAL_FRACTION = 0.2
_SHOWN = 3  # remarks in a message


@dataclasses.dataclass(frozen=True)
class VideoFile:
    """A video file, or a folder of its frames, and its split."""

    path: pathlib.Path
    split: str
    is_folder: bool = False

    @property
    def name(self) -> str:
        """Its name without folder and ending."""
        return self.path.name if self.is_folder else self.path.stem

    @property
    def label_keys(self) -> tuple[str, ...]:
        """The names by which a label file may call it, most exact first."""
        return (
            f"{self.split}/{self.path.name}",
            f"{self.split}/{self.name}",
            self.path.name,
            self.name,
        )


def list_videos(
    folder: pathlib.Path,
    *,
    val_fraction: float | None,
    split_seed: int | None,
    notes: dict[str, str] | None = None,
) -> list[VideoFile]:
    """Lists the videos of a folder, split into train and val.

    Args:
      folder: has the subfolders train/ and val/ (and perhaps test/), or video
        files, which are then split at random. A video may also be a folder of
        pictures, one for each frame.
      val_fraction: of the videos that are held out, for a folder that has no
        subfolders; None is 0.2.
      split_seed: which videos are held out; None is 0. The choice depends on
        seed and names only: it hardly changes when videos are added.
      notes: receives {path: remark} of what is left out and may be a video.

    Returns:
      The videos in order of split and name, at least one in train and in val.

    Raises:
      FileNotFoundError: when the folder is missing.
      ValueError: when it has no videos, two of one name, or an empty split;
        or when a split by chance is asked for that it has already.
    """
    found, problems = _find(
        folder,
        DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction,
        split_seed or 0,
    )
    is_split = bool(_split_folders(folder))
    if is_split and (val_fraction is not None or split_seed is not None):
        raise ValueError(
            f"{folder} is split by its subfolders (train/, val/ or test/); "
            "leave out --val_fraction and --split_seed."
        )
    if problems:
        raise ValueError(problems[0])
    if notes is not None:
        notes.update(found.remarks)
    return found.videos


@dataclasses.dataclass
class Found:
    """The videos of a folder.

    Attributes:
      videos: in order of split and name.
      remarks: {path: remark} of what is left out and may be a video.
    """

    videos: list[VideoFile]
    remarks: dict[str, str]


def find_videos(folder: pathlib.Path) -> tuple[Found, list[str]]:
    """Lists the videos of a folder, however bad the folder is.

    Args:
      folder: as in `list_videos`.

    Returns:
      The videos, and all that `list_videos` would refuse.

    Raises:
      FileNotFoundError: when the folder is missing.
    """
    return _find(folder, DEFAULT_VAL_FRACTION, 0)


def _find(
    folder: pathlib.Path, val_fraction: float, seed: int
) -> tuple[Found, list[str]]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder of videos {folder}.")
    splits = _split_folders(folder)
    found = Found([], {})
    for part in splits:
        inside = contents.look(part)
        found.videos += _make_videos(inside, part.name)
        found.remarks |= inside.remarks
    if splits:
        beside = contents.look(folder)
        names = ", ".join(f"{part.name}/" for part in splits)
        found.remarks |= {
            str(path): f"left out, because {folder} has {names}: move it there"
            for path in (*beside.files, *beside.picture_folders)
            if path not in splits
        }
        found.remarks |= {
            path: remark
            for path, remark in beside.remarks.items()
            if pathlib.Path(path) not in splits
        }
    else:
        inside = contents.look(folder)
        found.remarks |= inside.remarks
        found.videos = _split(_make_videos(inside, ""), val_fraction, seed)
    return found, _find_problems(folder, found)


def _split_folders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns those of train/, val/ and test/ that there are."""
    return [folder / name for name in SPLITS if (folder / name).is_dir()]


def _make_videos(inside: contents.Contents, split: str) -> list[VideoFile]:
    videos = [VideoFile(path, split) for path in inside.files]
    videos += [VideoFile(p, split, True) for p in inside.picture_folders]
    return sorted(videos, key=lambda video: video.path)


def _split(
    videos: Sequence[VideoFile], val_fraction: float, seed: int
) -> list[VideoFile]:
    """Holds out the videos whose names have the smallest hashes."""
    if not 0 < val_fraction < 1:
        raise ValueError(
            f"--val_fraction must be between 0 and 1. Received: {val_fraction}."
        )
    count = min(max(1, round(val_fraction * len(videos))), len(videos) - 1)

    def draw(video: VideoFile) -> bytes:
        return hashlib.sha256(
            f"{seed}:{video.name}".encode(errors="surrogateescape")
        ).digest()

    held_out = set(sorted(videos, key=draw)[: max(count, 0)])
    split = [
        dataclasses.replace(
            video, split="val" if video in held_out else "train"
        )
        for video in videos
    ]
    return sorted(split, key=lambda video: video.split)


def _find_problems(folder: pathlib.Path, found: Found) -> list[str]:
    known = ", ".join(endings.VIDEO_ENDINGS)
    left_out = [f"{path}: {why}." for path, why in found.remarks.items()]
    problems = [
        f"{folder} has no videos ({known}) for the split {split!r}. "
        "Put videos into train/ and into val/, or at least two into "
        "the folder itself. " + " ".join(left_out[:_SHOWN])
        for split in ("train", "val")
        if not any(video.split == split for video in found.videos)
    ]
    problems = [problem.rstrip() for problem in problems]
    videos = found.videos
    seen: dict[tuple[str, str], pathlib.Path] = {}
    for video in videos:
        # File systems take any bytes for a name; Python then has surrogates.
        if any(0xD800 <= ord(letter) < 0xE000 for letter in str(video.path)):
            problems.append(
                f"{str(video.path)!r} has a name that is not text in UTF-8. "
                "Rename it."
            )
        other = seen.setdefault((video.split, video.name), video.path)
        if other != video.path:
            problems.append(
                f"{other} and {video.path} have the same name but for the "
                "ending. Rename one of them."
            )
    return problems
