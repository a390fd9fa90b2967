"""Evaluates encoders on one frozen backbone: each frame goes through it once.

The features of both splits are held in memory as the "embeddings" of a network
that ends behind the backbone; each encoder's embedder then runs on them.
"""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.evaluation.embedding import embed, embeddings


class _Flat(embed.PooledBackbone):
    """The backbone alone: the features of a frame, one behind the other."""

    def embed_features(
        self, features: tf.Tensor, training: bool, initial_state: Any
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Features [1, T, 1, h, w, c] to [1, T, h w c]."""
        del training, initial_state
        flat = tf.reshape(features, [1, features.shape[1], -1])
        return tf.cast(flat, tf.float32), ()


class _OnFeatures:
    """The embedder alone; what it is given as images are features."""

    def __init__(self, encoder: Any) -> None:
        self.num_context = encoder.num_context
        self.image_shape = encoder.feature_shape
        self.project = encoder.project
        self.embed_features = encoder.embed_features

    def extract_features(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Features [B, h, w, c], as they are."""
        del training
        return images


def extract(
    encoder: Any, config: schema.ExperimentConfig
) -> list[embeddings.Embeddings]:
    """Returns the features [L, h w c] of every frame of both splits."""
    data = dataclasses.replace(config.data, sample_all_stride=1)
    config = dataclasses.replace(config, data=data)
    return [
        embed.embed_split(_Flat(encoder), config, split)
        for split in (config.data.train_split, config.data.eval_split)
    ]


def embed_features(
    encoder: Any,
    config: schema.ExperimentConfig,
    features: embeddings.Embeddings,
) -> embeddings.Embeddings:
    """Embeds every frame of a split, as `embed_split` does.

    Args:
      encoder: with the backbone that the features are of.
      config: of the encoder, with `data.sample_all_stride` 1.
      features: of the split, from `extract`.
    """
    embedder = embed.build_embedder(_OnFeatures(encoder), config)

    def embed_video(flat: np.ndarray) -> np.ndarray:
        frames = flat.reshape([-1, *encoder.feature_shape])
        embs, _ = embedder.embed(frames.__getitem__, len(frames))
        return embs

    embs = [embed_video(flat) for flat in features.embs]
    return dataclasses.replace(features, embs=embs)
