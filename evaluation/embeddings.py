"""The embeddings of one split of one data set, in memory and in a file.

This is what every evaluation task and every application takes: a model is
needed to make embeddings, never to use them.

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
    dataset, split                    str scalars
    step                              int64 training step, -1 not a model
"""

import dataclasses
import os
import pathlib
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable

import numpy as np

_FRAME_KEYS = ("embs", "steps", "times", "labels")
_VIDEO_KEYS = ("lengths", "names", "fps", "seq_lens", "actions")
_SCALAR_KEYS = ("dataset", "split", "step")
# Everything that numpy's and zipfile's readers raise on damaged files.
_READ_ERRORS = (
    ValueError,
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


@dataclasses.dataclass(frozen=True)
class Embeddings:
    """Embedded frames of V videos, with what is known of each frame.

    Attributes:
      embs: for each video [L_i, D] float32.
      names: for each video its name.
      steps: for each video [L_i] int64, frame indices in the whole video,
        strictly increasing.
      frame_labels: for each video [L_i] int64, the phase, -1 unlabelled.
      times: for each video [L_i] float64, seconds from its start.
      fps: [V] float64, frames per second.
      seq_lens: [V] int64, frames of the whole videos.
      actions: [V] int64, action label of the video, -1 none.
      dataset: name of the data set.
      split: name of the split.
      step: training step of the model; 0 is an untrained one, -1 no model.
    """

    embs: list[np.ndarray]
    names: list[str]
    steps: list[np.ndarray]
    frame_labels: list[np.ndarray]
    times: list[np.ndarray]
    fps: np.ndarray
    seq_lens: np.ndarray
    actions: np.ndarray
    dataset: str
    split: str
    step: int = -1

    def __post_init__(self) -> None:
        """Checks that the parts belong together.

        Raises:
          ValueError: naming the field and the video at fault.
        """
        num_videos = len(self.embs)
        if not num_videos:
            raise ValueError("embs must hold one video or more. Received: 0")
        for field in dataclasses.fields(self)[1:8]:
            count = len(getattr(self, field.name))
            if count != num_videos:
                raise ValueError(
                    f"{field.name} must have one entry for each of the"
                    f" {num_videos} videos of embs. Received: {count}"
                )
        for i in range(num_videos):
            self._check_video(i)

    def _check_video(self, i: int) -> None:
        embs, name = self.embs[i], self.names[i]
        dim = self.embs[0].shape[-1] if self.embs[0].ndim else 0
        if embs.ndim != 2 or not embs.size or embs.shape[1] != dim:
            raise ValueError(
                f"embs of video {name!r} must have shape [frames, {dim}] with"
                " one frame or more and the same channels in all videos."
                f" Received: shape {embs.shape}"
            )
        if embs.dtype != np.float32:
            raise ValueError(
                f"embs of video {name!r} must be float32."
                f" Received: {embs.dtype}"
            )
        for field in ("steps", "frame_labels", "times"):
            values = getattr(self, field)[i]
            if values.shape != embs.shape[:1]:
                raise ValueError(
                    f"{field} of video {name!r} must have shape"
                    f" {embs.shape[:1]}, as its embs. Received: shape"
                    f" {values.shape}"
                )
        steps = self.steps[i]
        if (
            steps[0] < 0
            or steps[-1] >= self.seq_lens[i]
            or (np.diff(steps) <= 0).any()
        ):
            raise ValueError(
                f"steps of video {name!r} must increase strictly within [0,"
                f" {self.seq_lens[i]}). Received: {steps}"
            )
        if self.frame_labels[i].min() < -1:
            raise ValueError(
                f"frame_labels of video {name!r} must be phases from 0 on, or"
                f" -1 for none. Received: {self.frame_labels[i].min()}"
            )

    @property
    def num_videos(self) -> int:
        """V, the number of videos."""
        return len(self.embs)

    @property
    def num_frames(self) -> int:
        """The number of embedded frames of all videos."""
        return sum(len(embs) for embs in self.embs)

    @property
    def num_channels(self) -> int:
        """D, the channels of an embedding."""
        return self.embs[0].shape[1]

    @property
    def is_labelled(self) -> bool:
        """Whether any frame has a phase label."""
        return any((labels >= 0).any() for labels in self.frame_labels)

    def select(self, videos: Iterable[int]) -> "Embeddings":
        """Returns the embeddings of some videos, in the order given.

        Args:
          videos: indices of videos.
        """
        chosen = list(videos)
        return dataclasses.replace(
            self,
            embs=[self.embs[i] for i in chosen],
            names=[self.names[i] for i in chosen],
            steps=[self.steps[i] for i in chosen],
            frame_labels=[self.frame_labels[i] for i in chosen],
            times=[self.times[i] for i in chosen],
            fps=self.fps[chosen],
            seq_lens=self.seq_lens[chosen],
            actions=self.actions[chosen],
        )

    def with_embs(self, embs: list[np.ndarray], step: int = -1) -> "Embeddings":
        """Returns other vectors for the same frames, as a baseline has them.

        Args:
          embs: for each video [L_i, D'] float32.
          step: training step of the model that made them, -1 for none.
        """
        return dataclasses.replace(self, embs=embs, step=step)

    def find_video(self, name: str) -> int:
        """Returns the index of the video with a name, or with an index as text.

        Args:
          name: a video's name, or its index written as a number.

        Raises:
          ValueError: no video has that name or index.
        """
        if name in self.names:
            return self.names.index(name)
        if name.isdecimal() and int(name) < self.num_videos:
            return int(name)
        shown = ", ".join(self.names[:10])
        more = ", ..." if self.num_videos > 10 else ""
        raise ValueError(
            f"The video must be one of {shown}{more} or an index below"
            f" {self.num_videos}. Received: {name!r}"
        )


def save(embeddings: Embeddings, path: str | os.PathLike[str]) -> None:
    """Writes embeddings to an `.npz` file without pickled objects.

    The file appears whole or not at all.

    Args:
      embeddings: what to write.
      path: the file; its folder is made when absent.
    """
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
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
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


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
    except _READ_ERRORS as error:
        raise ValueError(
            f"{source} is not a valid embeddings file: {error}. Write it again"
            " with: python -m tcc.extract_embeddings"
        ) from error


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file, each checked for kind and dimensions."""
    kinds = {"embs": "f", "times": "f", "fps": "f"}
    kinds |= dict.fromkeys(("names", "dataset", "split"), "U")
    if not zipfile.is_zipfile(path):  # numpy would read other kinds too
        raise ValueError("it is not an npz archive of named arrays")
    with np.load(path, allow_pickle=False) as file:
        arrays = {}
        for key in (*_FRAME_KEYS, *_VIDEO_KEYS, *_SCALAR_KEYS):
            if key not in file:
                raise ValueError(f"the array {key!r} is missing")
            array = file[key]
            kind = kinds.get(key, "i")
            ndim = 2 if key == "embs" else int(key not in _SCALAR_KEYS)
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
    for key in _FRAME_KEYS:
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
    )
