"""Embeds whole videos with an encoder.

Every frame goes through the backbone once. The features of the last frames
stay in a buffer, from which the context of each step is gathered: memory is
bounded by the chunk and the reach of the context. The state of recurrent
embedders is carried on. Chunks have fixed shapes, the last one padded, so each
graph is traced once; where they begin and end never enters the result.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from tqdm import auto as tqdm

from tcc.configs import schema
from tcc.evaluation.embeddings import Embeddings
from tcc.video import prepared, preprocessing, sampling

# Takes frame indices [K] int64 in rising order, returns these frames
# [K, H, W, 3] float32 in [-1, 1].
FrameReader = Callable[[np.ndarray], Any]


class DenseEncoder(Protocol):
    """What is needed of an encoder; `tcc.models.Encoder` has it."""

    num_context: int
    image_shape: tuple[int, ...]

    def extract_features(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Images [B, H, W, 3] to features [B, h, w, c]."""

    def embed_features(
        self, features: tf.Tensor, training: bool, initial_state: Any
    ) -> tuple[tf.Tensor, Any]:
        """Features [N, T, C, h, w, c] to embs [N, T, D] and the state."""


class PooledBackbone:
    """The features of a backbone, averaged over the image: a baseline."""

    num_context = 1

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self.image_shape = encoder.image_shape

    def extract_features(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Images [B, H, W, 3] to features [B, h, w, c]."""
        return self._encoder.extract_features(images, training=training)

    def embed_features(
        self, features: tf.Tensor, training: bool, initial_state: Any
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Features [N, T, 1, h, w, c] to embs [N, T, c]."""
        del training, initial_state
        pooled = tf.reduce_mean(tf.cast(features, tf.float32), axis=(2, 3, 4))
        return pooled, ()


class DenseEmbedder:
    """Embeds videos of any length with one encoder."""

    def __init__(
        self,
        encoder: DenseEncoder,
        *,
        context_stride: int,
        frames_per_chunk: int = 32,
        stride: int = 1,
    ) -> None:
        """Prepares the graphs.

        Args:
          encoder: in inference; it is not changed.
          context_stride: frames between two context frames, counted in the
            original video whatever `stride` is.
          frames_per_chunk: frames through the backbone at once, and steps
            through the embedder.
          stride: frames from one embedded step to the next.

        Raises:
          ValueError: a number below 1.
        """
        numbers = {
            "context_stride": context_stride,
            "frames_per_chunk": frames_per_chunk,
            "stride": stride,
        }
        for name, value in numbers.items():
            if value < 1:
                raise ValueError(f"{name} must be 1 or more. Received: {value}")
        self._num_context = encoder.num_context
        self._context_stride = context_stride
        self._chunk = frames_per_chunk
        self._stride = stride
        images = tf.TensorSpec(
            [frames_per_chunk, *encoder.image_shape], tf.float32
        )
        self._extract = tf.function(
            lambda frames: encoder.extract_features(frames, training=False),
            input_signature=[images],
        )
        self._embed = tf.function(
            lambda features, state: encoder.embed_features(
                features, training=False, initial_state=state
            )
        )

    def embed(
        self, read_frames: FrameReader, seq_len: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embeds one video.

        Args:
          read_frames: gives the frames of rising indices; asked once for
            every frame that is needed.
          seq_len: frames of the whole video, 1 or more.

        Returns:
          embs [L, D] float32 and steps [L] int64, L = ceil(seq_len / stride).

        Raises:
          ValueError: a video without frames.
        """
        if seq_len < 1:
            raise ValueError(f"seq_len must be 1 or more. Received: {seq_len}")
        steps = sampling.all_steps(seq_len, stride=self._stride)
        context = sampling.context_steps(
            steps,
            seq_len,
            num_context=self._num_context,
            context_stride=self._context_stride,
        ).numpy()
        state: Any = None
        embs = []
        for features in self._context_features(context, read_frames):
            chunk, state = self._embed(features, state)
            embs.append(chunk[0].numpy())
        return np.concatenate(embs)[: len(context)], steps.numpy()

    def _context_features(
        self, context: np.ndarray, read_frames: FrameReader
    ) -> Iterator[tf.Tensor]:
        """Yields the features [1, chunk, C, h, w, c] of each chunk of steps."""
        frames = np.zeros(0, np.int64)  # in the buffer
        buffer = None
        for start in range(0, len(context), self._chunk):
            wanted = context[start : start + self._chunk]
            missing = np.setdiff1d(wanted, frames)
            if missing.size:
                new = self._features(missing, read_frames)
                buffer = new if buffer is None else tf.concat([buffer, new], 0)
                frames = np.concatenate([frames, missing])
            order = np.argsort(frames)
            places = order[np.searchsorted(frames, wanted, sorter=order)]
            padding = self._chunk - len(places)
            places = np.pad(places, ((0, padding), (0, 0)), mode="edge")
            yield tf.gather(buffer, places)[tf.newaxis]
            # The oldest context frame never runs back from step to step.
            rest = context[start + self._chunk :]
            kept = np.flatnonzero(frames >= (rest.min() if len(rest) else 0))
            if len(kept) < len(frames):
                frames, buffer = frames[kept], tf.gather(buffer, kept)

    def _features(
        self, indices: np.ndarray, read_frames: FrameReader
    ) -> tf.Tensor:
        """Returns the features [K, h, w, c] of frames [K], K >= 1."""
        features = []
        for start in range(0, len(indices), self._chunk):
            part = indices[start : start + self._chunk]
            images = tf.convert_to_tensor(read_frames(part), tf.float32)
            padding = self._chunk - len(part)
            images = tf.concat(
                [images, tf.repeat(images[-1:], padding, axis=0)], 0
            )
            features.append(self._extract(images)[: len(part)])
        return tf.concat(features, 0)


def build_embedder(
    encoder: DenseEncoder, config: schema.ExperimentConfig
) -> DenseEmbedder:
    """Returns an embedder with the settings of an experiment."""
    return DenseEmbedder(
        encoder,
        context_stride=config.data.context_stride,
        frames_per_chunk=config.eval.frames_per_chunk,
        stride=config.data.sample_all_stride,
    )


def embed_videos(
    embedder: DenseEmbedder,
    videos: Iterable[prepared.Video],
    *,
    image_size: int,
    dataset: str,
    split: str,
    step: int = -1,
) -> Embeddings:
    """Embeds prepared videos, one after the other.

    Args:
      embedder: of the encoder.
      videos: read one at a time.
      image_size: pixels, height and width, as the encoder takes them.
      dataset: name for the result.
      split: name for the result.
      step: training step of the encoder, -1 when it is of no training.

    Returns:
      The embeddings.

    Raises:
      ValueError: no videos.
    """
    columns: dict[str, list[Any]] = {
        field.name: [] for field in dataclasses.fields(Embeddings)[:8]
    }
    for video in tqdm.tqdm(
        videos, desc=f"embedding {dataset} {split}", unit="video", disable=None
    ):
        embs, steps = embedder.embed(
            functools.partial(_decode, video.jpegs, image_size),
            len(video.jpegs),
        )
        columns["embs"].append(embs)
        columns["names"].append(video.name)
        columns["steps"].append(steps)
        columns["frame_labels"].append(video.frame_labels[steps])
        columns["times"].append(video.timestamps[steps])
        columns["fps"].append(video.fps)
        columns["seq_lens"].append(len(video.jpegs))
        columns["actions"].append(video.label)
    if not columns["embs"]:
        raise ValueError(
            f"The split {split!r} of {dataset!r} must have one video or more."
            " Received: none"
        )
    return Embeddings(
        embs=columns["embs"],
        names=columns["names"],
        steps=columns["steps"],
        frame_labels=columns["frame_labels"],
        times=columns["times"],
        fps=np.array(columns["fps"], np.float64),
        seq_lens=np.array(columns["seq_lens"], np.int64),
        actions=np.array(columns["actions"], np.int64),
        dataset=dataset,
        split=split,
        step=step,
    )


def _decode(
    jpegs: Sequence[bytes], image_size: int, indices: np.ndarray
) -> tf.Tensor:
    """Returns frames [K, H, W, 3] float32 in [-1, 1]."""
    chosen = tf.constant([jpegs[i] for i in indices], tf.string)
    return preprocessing.decode_frames(chosen, image_size)


def embed_split(
    encoder: DenseEncoder,
    config: schema.ExperimentConfig,
    split: str,
    *,
    dataset: str | None = None,
    data_dir: str | None = None,
    step: int = -1,
) -> Embeddings:
    """Embeds every video of a split of a prepared data set.

    Args:
      encoder: a `tcc.models.Encoder`, or a `PooledBackbone`.
      config: the experiment of the encoder.
      split: name of the split, as "val".
      dataset: name of the data set; the first of the configuration if None.
      data_dir: where it was prepared; as configured if None.
      step: training step of the encoder, 0 for an untrained one.

    Returns:
      The embeddings, of every `config.data.sample_all_stride`-th frame.

    Raises:
      FileNotFoundError: the data set is not prepared there.
      ValueError: it has no such split.
    """
    name = dataset or config.data.datasets[0]
    return embed_videos(
        build_embedder(encoder, config),
        prepared.iterate_videos(name, data_dir or config.data.data_dir, split),
        image_size=config.data.image_size,
        dataset=name,
        split=split,
        step=step,
    )
