"""Temporal cycle-consistency: the paper's own objective."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tcc import alignment
from tcc.algorithms import algorithm
from tcc.configs import schema


class Alignment(algorithm.Algorithm):
    """Cycles between the videos of a batch must return where they started.

    Follows section 3 of the paper and the original's `algos/alignment.py`.
    """

    metric_names = ("alignment_loss",)

    def __init__(
        self, encoder: keras.Model, config: schema.AlignmentConfig
    ) -> None:
        super().__init__(encoder)
        self._config = config

    def objective(
        self,
        batch: Mapping[str, tf.Tensor],
        *,
        training: bool,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """See `Algorithm.objective`."""
        dropout_seed, cycle_seed = tf.unstack(
            tf.random.experimental.stateless_split(seed, 2)
        )
        embs = self(batch["frames"], training=training, seed=dropout_seed)
        loss = self.loss_of_embeddings(
            embs, batch["steps"], batch["seq_lens"], seed=cycle_seed
        )
        return loss, {"alignment_loss": loss}

    def loss_of_embeddings(
        self,
        embs: tf.Tensor,
        steps: tf.Tensor,
        seq_lens: tf.Tensor,
        *,
        seed: tf.Tensor,
    ) -> tf.Tensor:
        """Computes the configured alignment loss.

        Args:
          embs: [N, T, D] floating.
          steps: [N, T] int64, frame indices in the whole video.
          seq_lens: [N] int64, lengths of the whole videos in frames.
          seed: [2] int32, for the cycles of stochastic matching.

        Returns:
          [] float32.
        """
        config = self._config
        batch_size, num_steps = embs.shape[0], embs.shape[1]
        return alignment.compute_alignment_loss(
            embs,
            batch_size,
            steps=steps,
            seq_lens=seq_lens,
            stochastic_matching=config.stochastic_matching,
            loss_type=config.loss_type,
            similarity_type=config.similarity_type,
            num_cycles=max(
                1, int(batch_size * num_steps * config.cycle_fraction)
            ),
            cycle_length=config.cycle_length,
            temperature=config.temperature,
            label_smoothing=config.label_smoothing,
            variance_lambda=config.variance_lambda,
            huber_delta=config.huber_delta,
            normalize_indices=config.normalize_indices,
            seed=seed,
        )
