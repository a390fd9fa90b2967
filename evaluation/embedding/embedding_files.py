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
import zipfile

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.io import atomic_files, read_errors

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
    optional = {}
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
        message names the file, the fault and the mend.
    """
    source = pathlib.Path(path)
    if not source.is_file():
        raise FileNotFoundError(
            f"There is no embeddings file {source}. Write one with: python -m"
            " tcc.extract_embeddings --logdir=... --output=..."
        )
    try:
        return _from_arrays(_read_arrays(source))
    except read_errors.NUMPY as error:
        raise ValueError(
            f"{source} is not a valid embeddings file: {error}. Write it again"
            " with: python -m tcc.extract_embeddings"
        ) from error


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file, each checked for kind and dimensions."""
    kinds = {"embs": "f", "times": "f", "fps": "f", "features": "f"}
    kinds |= dict.fromkeys(("names", "dataset", "split"), "U")
    if not zipfile.is_zipfile(path):  # numpy would read other kinds too
        raise ValueError("it is not an npz archive of named arrays")
    with np.load(path, allow_pickle=False) as file:
        arrays = {}
        for key in (*_FRAME_KEYS, *_VIDEO_KEYS, *_SCALAR_KEYS, "features"):
            if key not in file:
                if key == "features":
                    continue
                raise ValueError(f"the array {key!r} is missing")
            array = file[key]
            kind = kinds.get(key, "i")
            ndim = int(key not in _SCALAR_KEYS)
            if key in ("embs", "features"):
                ndim = 2
            if array.dtype.kind != kind or array.ndim != ndim:
                raise ValueError(
                    f"the array {key!r} must have {ndim} dimensions and a"
                    f" dtype of kind {kind!r}. Received: shape {array.shape},"
                    f" dtype {array.dtype}"
                )
            arrays[key] = array
    return arrays


def _from_arrays(arrays: dict[str, np.ndarray]) -> Embeddings:
    """Returns Embeddings of the arrays of a file."""
    lengths = arrays["lengths"].astype(np.int64)
    if (lengths < 1).any():
        raise ValueError(
            f"lengths must be 1 or more. Received: {lengths.min()}"
        )
    for key in arrays.keys() & {*_FRAME_KEYS, "features"}:
        if len(arrays[key]) != lengths.sum():
            raise ValueError(
                f"the array {key!r} must have {lengths.sum()} rows, the sum"
                f" of lengths. Received: {len(arrays[key])}"
            )
    ends = np.cumsum(lengths)[:-1]

    def per_video(key: str, dtype: type) -> list[np.ndarray]:
        return np.split(arrays[key].astype(dtype, copy=False), ends)

    return Embeddings(
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
