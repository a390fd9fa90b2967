"""Embeds whole videos with an encoder: prepared ones, and streams of frames."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import auto as tqdm

from tcc import algorithms
from tcc.configs import schema
from tcc.evaluation.embedding.dense_embedder import (
    DenseEmbedder,
    DenseEncoder,
    FrameReader,
    PooledBackbone,
)
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.video import prepared
from tcc.video.frames import frame_loading

__all__ = [
    "DenseEmbedder",
    "DenseEncoder",
    "FrameReader",
    "PooledBackbone",
    "build_embedder",
    "embed_split",
    "embed_stream",
    "embed_videos",
]


def build_embedder(
    encoder: Any, config: schema.ExperimentConfig
) -> DenseEmbedder:
    """Returns an embedder with the settings of an experiment.

    Args:
      encoder: a `tcc.models.Encoder`, a network of clips, or a
        `PooledBackbone`.
      config: the experiment, whose objective says what its network sees.
    """
    sees = algorithms.clip_spec(config).resolve(config.data)
    return DenseEmbedder(
        encoder,
        context_stride=sees.context_stride,
        frames_per_chunk=config.eval.frames_per_chunk,
        stride=config.data.sample_all_stride,
        frame_loader=sees.load_frames,
    )


def embed_stream(
    embedder: DenseEmbedder, frames: Iterable[np.ndarray]
) -> np.ndarray:
    """Embeds one video while it is decoded.

    Neither its frames nor their number need to be known before: what is held
    in memory does not depend on the video's length, but for the embeddings.

    Args:
      embedder: of the encoder.
      frames: all frames in order, uint8 [H, W, 3] of any size, as the pixels
        of `tcc.video.files.read_frames`.

    Returns:
      embs [L, D] float32 of every stride-th frame, the first one frame 0.

    Raises:
      ValueError: no frames.
    """
    scale = embedder.frame_loader.scale
    resized = (scale(frame[np.newaxis])[0] for frame in frames)
    embs = list(embedder.embed_stream(resized))
    if not embs:
        raise ValueError("frames must hold one or more. Received: none")
    return np.concatenate(embs)


def embed_videos(
    embedder: DenseEmbedder,
    videos: Iterable[prepared.Video],
    *,
    dataset: str,
    split: str,
    step: int = -1,
    keep_features: bool = False,
) -> Embeddings:
    """Embeds prepared videos, one after the other.

    Args:
      embedder: of the encoder.
      videos: read one at a time.
      dataset: name for the result.
      split: name for the result.
      step: training step of the encoder, -1 when it is of no training.
      keep_features: keeps the features of the backbone beside the embeddings,
        for matching, where there is a backbone that works frame by frame.

    Returns:
      The embeddings.

    Raises:
      ValueError: no videos.
    """
    columns: dict[str, list[Any]] = {
        field.name: [] for field in dataclasses.fields(Embeddings)[:8]
    }
    keeps = keep_features and embedder.has_features
    features: list[np.ndarray] | None = [] if keeps else None
    for video in tqdm.tqdm(
        videos, desc=f"embedding {dataset} {split}", unit="video", disable=None
    ):
        embs, steps = embedder.embed(
            functools.partial(_decode, embedder.frame_loader, video.jpegs),
            len(video.jpegs),
            features=features,
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
        features=features,
    )


def _decode(
    frame_loader: frame_loading.FrameLoader,
    jpegs: Sequence[bytes],
    indices: np.ndarray,
) -> tf.Tensor:
    """Returns frames [K, H, W, 3] float32 in [-1, 1]."""
    chosen = tf.constant([jpegs[i] for i in indices], tf.string)
    return frame_loader.decode(chosen)


def embed_split(
    encoder: Any,
    config: schema.ExperimentConfig,
    split: str,
    *,
    dataset: str | None = None,
    data_dir: str | None = None,
    step: int = -1,
) -> Embeddings:
    """Embeds every video of a split of a prepared data set.

    Args:
      encoder: as `build_embedder`.
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
        dataset=name,
        split=split,
        step=step,
    )
