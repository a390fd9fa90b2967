"""The embeddings of one split of one data set.

This is what every evaluation task and every application takes: a model is
needed to make embeddings, never to use them.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np


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
      features: for each video [L_i, F] float, the features of its frames less
        their mean over the video, for matching; None where they were not kept.
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
    features: list[np.ndarray] | None = None

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
        if self.features is not None:
            self._check_features(self.features)

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

    def _check_features(self, features: list[np.ndarray]) -> None:
        width = features[0].shape[-1] if features else 0
        expected = [(len(embs), width) for embs in self.embs]
        shapes = [video.shape for video in features]
        if shapes != expected:
            raise ValueError(
                "features must have a row for each embedded frame and the same"
                f" width in all videos. Received: shapes {shapes[:5]} for embs"
                f" of {expected[:5]}"
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
            features=self.features and [self.features[i] for i in chosen],
        )

    def with_embs(self, embs: list[np.ndarray], step: int = -1) -> "Embeddings":
        """Returns other vectors for the same frames, as a baseline has them.

        Args:
          embs: for each video [L_i, D'] float32.
          step: training step of the model that made them, -1 for none.
        """
        return dataclasses.replace(self, embs=embs, step=step, features=None)


def find_video(names: Sequence[str], name: str) -> int:
    """Returns the index of the video with a name, or with an index as text.

    Args:
      names: of the videos.
      name: a video's name; where none has it, an index written as a number.

    Raises:
      ValueError: no video has that name or index.
    """
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    raise ValueError(
        f"The video must be one of {shown} or an index below {len(names)}."
        f" Received: {name!r}"
    )
