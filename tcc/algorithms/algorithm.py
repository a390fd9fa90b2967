"""The interface of a pretext task: what it samples, and what it minimises."""

import abc
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from tcc import models
from tcc.configs import schema

# Draws the frame indices of one video for a training step:
# (seq_len [] int64, seed [2] int32) → steps [T'] int64.
StepSampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Algorithm(keras.Model):
    """An encoder, and an objective that trains it.

    The training loop knows nothing else of a task: it makes the network with
    `build_encoder`, draws batches with `sample_steps`, asks for `objective`,
    and updates `trainable_variables`. A task that needs other frames than the
    configured sampling overrides `sample_steps`; one that is not about
    embeddings of single steps overrides `build_encoder` and brings its own
    network. (A clip is a step with as many context frames as the clip is
    long, `config.data.num_context`.) Whatever `encoder` is, it is what
    evaluation restores and embeds with.

    Heads are layers or tuples of layers in plain attributes: checkpoints pass
    over layers in lists and dictionaries.

    Attributes:
      encoder: frames [N, T, C, H, W, 3] → embs [N, T, D].
      metric_names: keys of the metrics that `objective` returns.
    """

    metric_names: tuple[str, ...] = ()

    def __init__(
        self, encoder: keras.Model, config: schema.ExperimentConfig
    ) -> None:
        """Takes the network to train; a task with heads makes them here.

        Args:
          encoder: what `build_encoder` returned.
          config: the experiment.
        """
        super().__init__()
        del config
        self.encoder = encoder

    @classmethod
    def build_encoder(cls, config: schema.ExperimentConfig) -> keras.Model:
        """Returns the network that is trained: backbone and embedder."""
        return models.build_encoder(
            config.model,
            image_size=config.data.image_size,
            num_context=config.data.num_context,
        )

    @property
    def sample_steps(self) -> StepSampler | None:
        """How steps are drawn; None is the sampling of the configuration."""
        return None

    def check_batch(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Refuses a batch whose numbers the objective cannot learn from.

        Runs where the batches are made, on the CPU, with their names. A task
        that has nothing to refuse need not override it.

        Args:
          batch: see `tcc.video.input_pipeline.training_batches`.

        Returns:
          The same batch.

        Raises:
          tf.errors.InvalidArgumentError: for a batch that is refused, with a
            message for `refused_batches.as_value_error`.
        """
        return dict(batch)

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

    def embed_batch(
        self,
        batch: Mapping[str, tf.Tensor],
        *,
        training: bool,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds the steps of a batch.

        Args:
          batch: with "frames" [N, T, C, H, W, 3], or with what a frozen
            backbone makes of them, "features" [N, T, C, h, w, c] of any float
            dtype (`tcc.feature_cache`), which then count.
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, decides the dropout.

        Returns:
          embs [N, T, D] float32.
        """
        if "features" not in batch:
            return self(batch["frames"], training=training, seed=seed)
        embs, _ = self.encoder.embed_features(
            batch["features"], training=training, seed=seed
        )
        return embs

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
          seed: [2] int32, for everything that the task draws; each replica
            gets its own.

        Returns:
          The loss, [] float32, without regularisation, and the metrics to
          report, one [] float32 for each of `metric_names`.
        """

    def build(self, input_shape: Any = None) -> None:
        """Does nothing: encoder and heads are built when they are made."""
        del input_shape
        self.built = True


class EmbeddingObjective(Algorithm):
    """A task whose loss sees the frames through their embeddings only.

    Such tasks can be combined: the frames are embedded once for all.

    Attributes:
      samples_pairs: whether `sample_steps` draws T pairs of steps as
        [first, second, first, second, ...], 2 T in all.
    """

    samples_pairs: bool = False

    def objective(
        self,
        batch: Mapping[str, tf.Tensor],
        *,
        training: bool,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """See `Algorithm.objective`."""
        encoder_seed, own_seed = tf.unstack(
            tf.random.experimental.stateless_split(seed, 2)
        )
        embs = self.embed_batch(batch, training=training, seed=encoder_seed)
        return self.objective_on_embeddings(
            embs, batch, training=training, seed=own_seed
        )

    @abc.abstractmethod
    def objective_on_embeddings(
        self,
        embs: tf.Tensor,
        batch: Mapping[str, tf.Tensor],
        *,
        training: bool,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Computes what the task minimises from the embeddings of a batch.

        Args:
          embs: [N, T, D] float32.
          batch: what is known of the steps; as `objective`, but frames and
            features may be missing.
          training: whether dropout is in use.
          seed: [2] int32, for everything that the task draws.

        Returns:
          As `objective`.
        """
