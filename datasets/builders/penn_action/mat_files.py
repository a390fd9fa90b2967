"""Reads the annotations of Penn Action, `labels/<id>.mat`.

MATLAB has no scalars and no strings of their own: numbers are 1 x 1 matrices,
texts are rows of characters.
"""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import scipy.io

NUM_JOINTS = 13


@dataclasses.dataclass(frozen=True)
class Heading:
    """What says which action and which part of the set a video is of."""

    action: str  # as the file spells it
    is_train: bool


@dataclasses.dataclass(frozen=True)
class Pose:
    """What is annotated in the frames of a video.

    Attributes:
      joints: float32 [L, 13, 2], x and y in pixels as published; NaN where a
        frame has none.
      visibility: bool [L, 13].
      bbox: float32 [L, 4], x and y of two corners in pixels as published; NaN
        where a frame has none.
      width: of the frames, pixels; 0 when the file does not say.
    """

    joints: np.ndarray
    visibility: np.ndarray
    bbox: np.ndarray
    width: int


def read_heading(path: pathlib.Path) -> Heading:
    """Reads action and part.

    Args:
      path: of the .mat file.

    Raises:
      ValueError: when the file is damaged or lacks them.
    """
    content = _load(path, ["action", "train"])
    action = np.asarray(content["action"])
    if action.size != 1 or action.dtype.kind != "U":
        raise _wrong(path, "action", "one text", action)
    train = _number(path, content, "train")
    if train not in (1, -1, 0):
        raise _wrong(path, "train", "1 (train) or -1 (test)", train)
    return Heading(action=str(action.ravel()[0]), is_train=train == 1)


def read_pose(path: pathlib.Path, num_frames: int) -> Pose:
    """Reads joints and bounding boxes.

    Args:
      path: of the .mat file.
      num_frames: L, of the video.

    Raises:
      ValueError: when the file is damaged, or says that the video has another
        number of frames.
    """
    names = ["x", "y", "visibility", "bbox", "nframes"]
    content = _load(path, names, ["dimensions"])
    declared = _number(path, content, "nframes")
    if declared != num_frames:
        raise ValueError(
            f"{path}: nframes must be the number of pictures of the video, "
            f"{num_frames}. Unpack frames/ again. Received: {declared:g}."
        )
    x, y, visibility = (
        _rows(path, content, name, num_frames, NUM_JOINTS)
        for name in ("x", "y", "visibility")
    )
    dimensions = np.asarray(content.get("dimensions", []), np.float64).ravel()
    return Pose(
        joints=np.stack([x, y], axis=-1),
        visibility=np.nan_to_num(visibility) > 0,
        bbox=_rows(path, content, "bbox", num_frames, 4),
        width=int(dimensions[1]) if dimensions.size >= 2 else 0,
    )


def _load(
    path: pathlib.Path, names: list[str], optional: list[str] | None = None
) -> dict[str, Any]:
    try:
        content = scipy.io.loadmat(
            str(path), variable_names=[*names, *(optional or [])]
        )
    except FileNotFoundError as error:
        raise ValueError(f"{path} is missing. Unpack labels/ again.") from error
    except Exception as error:
        # scipy raises errors of many kinds for damaged files.
        raise ValueError(
            f"{path} is damaged or no MATLAB file ({error}). Unpack it again."
        ) from error
    missing = [name for name in names if name not in content]
    if missing:
        raise ValueError(
            f"{path} must have the variable {missing[0]}. Unpack it again. "
            f"Received: {sorted(k for k in content if k[0] != '_')}."
        )
    return content


def _number(path: pathlib.Path, content: dict[str, Any], name: str) -> float:
    value = np.asarray(content[name])
    if value.size != 1 or value.dtype.kind not in "biuf":
        raise _wrong(path, name, "one number", value)
    return float(value.ravel()[0])


def _rows(
    path: pathlib.Path,
    content: dict[str, Any],
    name: str,
    num_frames: int,
    num_columns: int,
) -> np.ndarray:
    """Returns float32 [num_frames, num_columns], NaN where rows are missing.

    In some of the published files the annotations end before the video does.
    """
    value = np.asarray(content[name])
    if (
        value.dtype.kind not in "biuf"
        or value.ndim != 2
        or value.shape[1] != num_columns
    ):
        raise _wrong(path, name, f"numbers [nframes, {num_columns}]", value)
    rows = np.full((num_frames, num_columns), np.nan, np.float32)
    given = value[:num_frames]
    rows[: len(given)] = given
    return rows


def _wrong(
    path: pathlib.Path, name: str, allowed: str, value: Any
) -> ValueError:
    text = (
        f"{value.dtype} {list(value.shape)}"
        if isinstance(value, np.ndarray)
        else value
    )
    return ValueError(
        f"{path}: {name} must be {allowed}. Unpack the file again. "
        f"Received: {text}."
    )
