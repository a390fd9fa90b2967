"""Finds the videos of a folder and says which split each is in."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence

from tcc.datasets.preparing import image_frames

VIDEO_ENDINGS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
_SPLITS = ("train", "val", "test")
DEFAULT_VAL_FRACTION = 0.2


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
    folder: pathlib.Path, *, val_fraction: float | None, split_seed: int | None
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

    Returns:
      The videos in order of split and name, at least one in train and in val.

    Raises:
      FileNotFoundError: when the folder is missing.
      ValueError: when it has no videos, two of one name, or an empty split;
        or when a split by chance is asked for that it has already.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder of videos {folder}.")
    videos = _find_in_splits(folder)
    if videos is None:
        fraction = (
            DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
        )
        videos = _split(_find(folder), fraction, split_seed or 0)
    elif val_fraction is not None or split_seed is not None:
        raise ValueError(
            f"{folder} is split by its subfolders (train/, val/ or test/); "
            "leave out --val_fraction and --split_seed."
        )
    problems = _find_problems(folder, videos)
    if problems:
        raise ValueError(problems[0])
    return videos


def find_videos(folder: pathlib.Path) -> tuple[list[VideoFile], list[str]]:
    """Lists the videos of a folder, however bad the folder is.

    Args:
      folder: as in `list_videos`.

    Returns:
      The videos, and all that `list_videos` would refuse.

    Raises:
      FileNotFoundError: when the folder is missing.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder of videos {folder}.")
    videos = _find_in_splits(folder)
    if videos is None:
        videos = _split(_find(folder), DEFAULT_VAL_FRACTION, 0)
    return videos, _find_problems(folder, videos)


def _find_in_splits(folder: pathlib.Path) -> list[VideoFile] | None:
    """Returns the videos of train/, val/ and test/, None without these."""
    parts = [split for split in _SPLITS if (folder / split).is_dir()]
    if not parts:
        return None
    return [
        dataclasses.replace(video, split=split)
        for split in parts
        for video in _find(folder / split)
    ]


def _find(folder: pathlib.Path) -> list[VideoFile]:
    """Returns the videos right in a folder, their split not yet known."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if any(map(_is_image, path.iterdir())):
                found.append(VideoFile(path, "", is_folder=True))
        elif path.suffix.lower() in VIDEO_ENDINGS:
            found.append(VideoFile(path, ""))
    return found


def _is_image(path: pathlib.Path) -> bool:
    return path.suffix.lower() in image_frames.IMAGE_ENDINGS


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


def _find_problems(
    folder: pathlib.Path, videos: Sequence[VideoFile]
) -> list[str]:
    endings = ", ".join(VIDEO_ENDINGS)
    problems = [
        f"{folder} has no videos ({endings}) for the split {split!r}. "
        "Put videos into train/ and into val/, or at least two into "
        "the folder itself."
        for split in ("train", "val")
        if not any(video.split == split for video in videos)
    ]
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
