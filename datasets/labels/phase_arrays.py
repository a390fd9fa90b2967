"""Reads the phases of a video from a .npy file, one number for each frame."""

import pathlib

import numpy as np

from tcc.datasets.preparing import video_record
from tcc.io import folder_entries, read_errors


def read(path: pathlib.Path, *, num_phases: int) -> np.ndarray:
    """Reads the phases.

    Args:
      path: of the file.
      num_phases: that there are.

    Returns:
      int64 [any length], -1 where there is none.

    Raises:
      ValueError: when the file is damaged, pickled, or holds anything else.
    """
    obstacle = folder_entries.find_obstacle(path)
    if obstacle:
        raise ValueError(obstacle)
    try:
        # Pickled arrays run code: they are refused.
        labels = np.load(path, allow_pickle=False)
    except read_errors.NUMPY as error:
        raise ValueError(
            f"{path} is damaged, pickled or no .npy file ({error}). Copy it "
            "again, or save it with numpy.save(path, labels, "
            "allow_pickle=False)."
        ) from error
    if not isinstance(labels, np.ndarray):
        labels.close()
        raise ValueError(f"{path} must be one array (.npy). Received: .npz.")
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not labels.size:
        raise ValueError(
            f"{path} must be integers [number of frames], at least one. Save "
            f"it again. Received: {labels.dtype} {list(labels.shape)}."
        )
    if labels.min() < video_record.UNLABELLED or labels.max() >= num_phases:
        raise ValueError(
            f"{path} must have phases from 0 to {num_phases - 1}, or -1 for "
            "none. Is it of this action? "
            f"Received: {labels.min()} to {labels.max()}."
        )
    return labels.astype(np.int64)


def length(path: pathlib.Path) -> int | None:
    """Returns how many labels a file has; None when it cannot be read."""
    if folder_entries.find_obstacle(path):
        return None
    try:
        return int(np.load(path, mmap_mode="r", allow_pickle=False).shape[0])
    except (*read_errors.NUMPY, AttributeError, IndexError):
        return None


def resample(labels: np.ndarray, num_frames: int) -> np.ndarray:
    """Stretches labels to a number of frames, each taking the nearest.

    Args:
      labels: int64 [M].
      num_frames: L.

    Returns:
      int64 [L]; the middle of frame i is at the share (i + 1/2) / L.
    """
    middles = (np.arange(num_frames) + 0.5) / num_frames
    return labels[(middles * len(labels)).astype(np.int64)]
