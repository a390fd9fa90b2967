"""The interface of a pretext task: what it samples, and what it minimises."""

import abc
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

# Draws the frame indices of one video for a training step:
# (seq_len [] int64, seed [2] int32) → steps [T'] int64.
StepSampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Algorithm(keras.Model):
    """An encoder, and an objective that trains it without frame labels.

    The training loop knows nothing else of a task: it draws batches with
    `sample_steps`, asks for `objective`, and updates `trainable_variables`.
    A task that brings its own network makes it in `__init__`; one that needs
    other frames than the configured sampling overrides `sample_steps`.

    Attributes:
      encoder: frames [N, T, C, H, W, 3] → embs [N, T, D].
      metric_names: keys of the metrics that `objective` returns.
    """

    metric_names: tuple[str, ...] = ()

    def __init__(self, encoder: keras.Model) -> None:
        super().__init__()
        self.encoder = encoder

    @property
    def sample_steps(self) -> StepSampler | None:
        """How steps are drawn; None is the sampling of the configuration."""
        return None

    def call(
        self,
        frames: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds frames; see `tcc.models.Encoder.call`.

        Args:
          frames: [N, T, C, H, W, 3] float32 in [-1, 1].
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, decides the dropout.

        Returns:
          embs [N, T, D] float32.
        """
        return self.encoder(frames, training=training, seed=seed)

    @abc.abstractmethod
    def objective(
        self,
        batch: Mapping[str, tf.Tensor],
        *,
        training: bool,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Computes what the task minimises on one batch.

        Args:
          batch: see `tcc.video.input_pipeline.training_batches`.
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, for everything that the task draws.

        Returns:
          The loss, [] float32, without regularisation, and the metrics to
          report, one [] float32 for each of `metric_names`.
        """

    def build(self, input_shape: Any = None) -> None:
        """Does nothing: encoder and heads are built when they are made."""
        del input_shape
        self.built = True
