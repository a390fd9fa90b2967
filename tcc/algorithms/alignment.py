"""Temporal cycle-consistency: the paper's own objective."""

import math

import keras
import tensorflow as tf

from tcc import alignment
from tcc.algorithms import replicas
from tcc.algorithms.algorithm import (
    Batch,
    Config,
    EmbeddingObjective,
    LossAndMetrics,
    TrainingData,
)


class Alignment(EmbeddingObjective):
    """Cycles between the videos of a batch must return where they started.

    Follows section 3 of the paper and the original's `algos/alignment.py`; the
    loss itself is `tcc.alignment`.
    """

    metric_names: tuple[str, ...] = ("alignment_loss",)

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        super().__init__(encoder, config, data)
        self._config = config.algorithm.alignment
        if self._config.learn_temperature:
            # Its logarithm is learnt, so that it stays positive.
            self._log_temperature = self.add_weight(
                name="log_temperature",
                shape=(),
                dtype="float32",
                initializer=keras.initializers.Constant(
                    math.log(self._config.temperature)
                ),
            )
            self.metric_names = ("alignment_loss", "temperature")

    @property
    def temperature(self) -> float | tf.Tensor:
        """Of the softmax over similarities; a tensor when it is learnt."""
        if self._config.learn_temperature:
            return tf.exp(tf.convert_to_tensor(self._log_temperature))
        return self._config.temperature

    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `EmbeddingObjective.objective_on_embeddings`."""
        del training
        steps, seq_lens = batch["steps"], batch["seq_lens"]
        if self._config.pairs_across_replicas:
            embs, steps, seq_lens, seeds = replicas.gather(
                embs, steps, seq_lens, seed[tf.newaxis]
            )
            seed = seeds[0]  # every replica draws the same cycles
        loss = self._loss(embs, steps, seq_lens, seed)
        metrics = {"alignment_loss": loss}
        if self._config.learn_temperature:
            metrics["temperature"] = self.temperature
        return loss, metrics

    def _loss(
        self,
        embs: tf.Tensor,
        steps: tf.Tensor,
        seq_lens: tf.Tensor,
        seed: tf.Tensor,
    ) -> tf.Tensor:
        config = self._config
        batch_size, num_steps, num_channels = embs.shape
        temperature = self.temperature
        if not config.divide_by_channels and (
            config.similarity_type != "true_cosine"
        ):
            # The loss divides similarities by D * temperature.
            temperature = temperature / num_channels
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
            temperature=temperature,
            label_smoothing=config.label_smoothing,
            variance_lambda=config.variance_lambda,
            huber_delta=config.huber_delta,
            normalize_indices=config.normalize_indices,
            seed=seed,
        )
