"""Finds the videos of an unpacked Penn Action, their splits and labels."""

import dataclasses
import pathlib
from collections.abc import Iterable

from tcc.datasets.builders.penn_action import actions, mat_files
from tcc.datasets.labels import phase_arrays
from tcc.datasets.preparing import image_frames
from tcc.io import folder_entries

SPLIT_BY = ("set", "labels")


@dataclasses.dataclass(frozen=True)
class ListedVideo:
    """A video and where its parts are."""

    number: str  # "0001"
    frames: pathlib.Path
    mat: pathlib.Path
    action: actions.Action
    split: str
    phases: pathlib.Path | None


def list_videos(
    folder: pathlib.Path,
    *,
    wanted: Iterable[actions.Action],
    phase_folder: pathlib.Path | None,
    split_by: str,
    skip_bad: bool,
    skipped: dict[str, str],
    notes: dict[str, str],
) -> list[ListedVideo]:
    """Lists the videos of some actions.

    Args:
      folder: Penn_Action, with frames/ and labels/.
      wanted: the actions.
      phase_folder: of `<split>/<action>/<number>.npy`; None has none.
      split_by: "set" takes the flag in the .mat files, whose test part becomes
        "val"; "labels" the folders of `phase_folder`, and leaves out videos
        that have no file there.
      skip_bad: go on without videos that cannot be read.
      skipped: receives {path: reason} of those.
      notes: receives {path: remark} of labels whose number is not that of the
        frames.

    Returns:
      The videos in the order of their numbers.

    Raises:
      FileNotFoundError: when a folder is missing.
      ValueError: when a video is bad, unless `skip_bad`, or none is left.
    """
    for part in ("frames", "labels"):
        if not (folder / part).is_dir():
            raise FileNotFoundError(
                f"There is no folder {folder / part}. --source_dir must be the "
                "unpacked Penn_Action, with frames/ and labels/."
            )
    names = {action.name for action in wanted}
    phases = _find_phases(phase_folder) if phase_folder else {}
    found: list[ListedVideo] = []
    known = set()
    for mat in folder_entries.list_visible(folder / "labels"):
        if mat.suffix != ".mat":
            continue
        known.add(mat.stem)
        try:
            folder_entries.require_file(mat)
            heading = mat_files.read_heading(mat)
            action = actions.find(heading.action)
            if action is None or action.name not in names:
                continue
            own_split = "train" if heading.is_train else "val"
            video = _list_video(
                folder, mat, action, own_split, phases, split_by
            )
        except ValueError as error:
            if not skip_bad:
                raise ValueError(
                    f"{error} --skip_bad leaves such videos out."
                ) from error
            skipped[str(mat)] = str(error)
            continue
        if video is not None:
            found.append(video)
            _compare_lengths(video, notes)
    for number in sorted(phases.keys() - known):
        path = phases[number][2]
        reason = (
            f"{path} is of no video: there is no "
            f"{folder / 'labels' / number}.mat. Remove it."
        )
        if not skip_bad:
            raise ValueError(f"{reason} --skip_bad goes on without it.")
        skipped[str(path)] = reason
    if not found:
        raise ValueError(
            f"{folder} has no videos of {', '.join(sorted(names))}"
            + (" with labels" if split_by == "labels" else "")
            + ". Unpack it again, or choose another action."
        )
    return found


def _list_video(
    folder: pathlib.Path,
    mat: pathlib.Path,
    action: actions.Action,
    own_split: str,
    phases: dict[str, tuple[str, str, pathlib.Path]],
    split_by: str,
) -> ListedVideo | None:
    number = mat.stem
    frames = folder / "frames" / number
    if not frames.is_dir() or not folder_entries.list_visible(frames):
        raise ValueError(
            f"{frames} must be a folder with the frames of {mat}. Unpack "
            "frames/ again. Received: none."
        )
    split, path = own_split, None
    if number in phases:
        label_split, label_action, path = phases[number]
        if actions.find(label_action) != action:
            raise ValueError(
                f"{path} must be in a folder of the action {action.name!r}, "
                f"which {mat} names. Received: {label_action!r}."
            )
        split = label_split if split_by == "labels" else own_split
    elif split_by == "labels":
        return None
    return ListedVideo(number, frames, mat, action, split, path)


def _find_phases(
    folder: pathlib.Path,
) -> dict[str, tuple[str, str, pathlib.Path]]:
    """Returns {number: (split, action, path)} of the label files."""
    found: dict[str, tuple[str, str, pathlib.Path]] = {}
    for path in folder_entries.expand_in(folder, "*/*/*.npy"):
        split, action = path.parts[-3], path.parts[-2]
        other = found.setdefault(path.stem, (split, action, path))
        if other[2] != path:
            raise ValueError(
                f"{other[2]} and {path} label the same video. Remove one."
            )
    if not found:
        raise FileNotFoundError(
            f"{folder} has no label files <split>/<action>/<number>.npy."
        )
    return found


def _compare_lengths(video: ListedVideo, notes: dict[str, str]) -> None:
    if video.phases is None:
        return
    num_labels = phase_arrays.length(video.phases)
    num_frames = len(image_frames.find(video.frames))
    if num_labels is not None and num_labels != num_frames:
        notes[str(video.phases)] = (
            f"{num_labels} labels for {num_frames} frames; resampled."
        )
