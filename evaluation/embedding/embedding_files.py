"""Embeddings in files.

A file is a plain `.npz` without pickled objects, so that opening one from a
stranger runs no code. What belongs to frames is concatenated over the videos,
and `lengths` says where each video ends:

    embs      [sum(lengths), D] float32
    steps     [sum(lengths)] int64    frame index in the whole video
    times     [sum(lengths)] float64  seconds from the start of the video
    labels    [sum(lengths)] int64    phase of the frame, -1 unlabelled
    lengths   [V] int64               embedded frames of each video
    names     [V] str
    fps       [V] float64             frames per second
    seq_lens  [V] int64               frames of each whole video
    actions   [V] int64               action label of the video, -1 none
    features  [sum(lengths), F] float16  for matching; absent if not kept
    dataset, split                    str scalars
    step                              int64 training step, -1 not a model
"""

import os
import pathlib
from typing import Any

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.io import atomic_files, limits, npz_files

_FRAME_KEYS = ("embs", "steps", "times", "labels")
_VIDEO_KEYS = ("lengths", "names", "fps", "seq_lens", "actions")
_SCALAR_KEYS = ("dataset", "split", "step")


def save(embeddings: Embeddings, path: str | os.PathLike[str]) -> None:
    """Writes embeddings to an `.npz` file without pickled objects.

    The file appears whole or not at all.

    Args:
      embeddings: what to write.
      path: the file; its folder is made when absent.
    """
    optional: dict[str, Any] = {}
    if embeddings.features is not None:
        features = np.concatenate(embeddings.features)
        optional["features"] = features.astype(np.float16)
    with atomic_files.write(path) as unfinished, unfinished.open("wb") as file:
        np.savez(
            file,
            embs=np.concatenate(embeddings.embs),
            steps=np.concatenate(embeddings.steps),
            times=np.concatenate(embeddings.times),
            labels=np.concatenate(embeddings.frame_labels),
            lengths=np.array([len(e) for e in embeddings.embs], np.int64),
            names=np.array(embeddings.names, np.str_),
            fps=embeddings.fps,
            seq_lens=embeddings.seq_lens,
            actions=embeddings.actions,
            dataset=np.array(embeddings.dataset, np.str_),
            split=np.array(embeddings.split, np.str_),
            step=np.array(embeddings.step, np.int64),
            **optional,
        )


def load(path: str | os.PathLike[str]) -> Embeddings:
    """Reads embeddings that `save` wrote, and checks them.

    Args:
      path: an `.npz` file. Nothing in it is executed.

    Returns:
      The embeddings.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is damaged, of another kind, or inconsistent; the
        message names the file, the problem and what to do.
    """
    source = pathlib.Path(path)
    if not source.is_file():
        raise FileNotFoundError(
            f"There is no embeddings file {source}. Write one with: python -m"
            " tcc.extract_embeddings --logdir=... --output=..."
        )
    try:
        return _from_arrays(_read_arrays(source))
    except (ValueError, MemoryError) as error:
        raise ValueError(
            f"{source} is not a valid embeddings file:"
            f" {str(error).rstrip('.')}. Write it again with: python -m"
            " tcc.extract_embeddings"
        ) from error


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file, each checked for kind and dimensions."""
    kinds = {"embs": "f", "times": "f", "fps": "f", "features": "f"}
    kinds |= dict.fromkeys(("names", "dataset", "split"), "U")

    def kind(key: str) -> tuple[str, int]:
        ndim = int(key not in _SCALAR_KEYS)
        if key in ("embs", "features"):
            ndim = 2
        return kinds.get(key, "i"), ndim

    keys = (*_FRAME_KEYS, *_VIDEO_KEYS, *_SCALAR_KEYS, "features")
    return npz_files.read(
        path, {key: kind(key) for key in keys}, optional=("features",)
    )


# The smallest and the largest value of an array, and what it holds.
_RANGES = {
    "labels": (-1, limits.MAX_PHASE, "phases, or -1 for none"),
    "actions": (-1, limits.MAX_ACTION, "actions, or -1 for none"),
    "steps": (0, limits.MAX_FRAMES, "frame indices"),
    "lengths": (1, limits.MAX_FRAMES, "numbers of frames"),
    "seq_lens": (1, limits.MAX_FRAMES, "numbers of frames"),
    "step": (-1, 2**62, "a training step, or -1 for none"),
    "fps": (0, limits.MAX_FPS, "frames per second, or NaN if unknown"),
    "times": (
        -limits.MAX_CLOCK,
        limits.MAX_CLOCK,
        "seconds, or NaN if unknown",
    ),
}


def _check_ranges(arrays: dict[str, np.ndarray]) -> None:
    """Refuses values that no video has."""
    for key, (low, high, meaning) in _RANGES.items():
        values = arrays[key]
        bad = values[(values < low) | (values > high)]
        if bad.size:
            raise ValueError(
                f"{key} must be {meaning}, from {low:,} to {high:,}. Received:"
                f" {bad.flat[0]}"
            )


def _check_times(embeddings: Embeddings) -> None:
    """Refuses times that do not run forward within one video."""
    for seconds, name in zip(embeddings.times, embeddings.names, strict=True):
        if np.isnan(seconds).all():
            continue
        if np.isnan(seconds).any() or (np.diff(seconds) < 0).any():
            raise ValueError(
                f"times of video {name!r} must increase, or all be NaN"
            )
        if seconds[-1] - seconds[0] > limits.MAX_SECONDS:
            raise ValueError(
                f"times of video {name!r} must span at most"
                f" {limits.MAX_SECONDS:,.0f} s. Received:"
                f" {seconds[-1] - seconds[0]:,.0f} s"
            )


def _from_arrays(arrays: dict[str, np.ndarray]) -> Embeddings:
    """Returns Embeddings of the arrays of a file."""
    _check_ranges(arrays)
    lengths = arrays["lengths"].astype(np.int64)
    for key in sorted(arrays.keys() & {*_FRAME_KEYS, "features"}):
        if len(arrays[key]) != lengths.sum():
            raise ValueError(
                f"the array {key!r} must have {lengths.sum()} rows, the sum"
                f" of lengths. Received: {len(arrays[key])}"
            )
    ends = np.cumsum(lengths)[:-1]

    def per_video(key: str, dtype: type) -> list[np.ndarray]:
        return np.split(arrays[key].astype(dtype, copy=False), ends)

    embeddings = Embeddings(
        embs=per_video("embs", np.float32),
        names=[str(name) for name in arrays["names"]],
        steps=per_video("steps", np.int64),
        frame_labels=per_video("labels", np.int64),
        times=per_video("times", np.float64),
        fps=arrays["fps"].astype(np.float64),
        seq_lens=arrays["seq_lens"].astype(np.int64),
        actions=arrays["actions"].astype(np.int64),
        dataset=str(arrays["dataset"]),
        split=str(arrays["split"]),
        step=int(arrays["step"]),
        features=per_video("features", np.float32)
        if "features" in arrays
        else None,
    )
    _check_times(embeddings)
    return embeddings
