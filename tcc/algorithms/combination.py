"""A weighted sum of objectives on the embeddings of the same frames."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tcc.algorithms import registry
from tcc.algorithms.algorithm import (
    Batch,
    Config,
    EmbeddingObjective,
    LossAndMetrics,
    TrainingData,
)
from tcc.video.clip_spec import ClipSpec


class Combination(EmbeddingObjective):
    """The sum of w_k L_k over the configured objectives k.

    With the default configuration this is the original's
    `algos/alignment_sal_tcn.py`, defect 5 of docs/errata.md mended. Where one
    of the objectives samples pairs of steps (TCN), the others see one step of
    every pair: a coin for each video picks the firsts or the seconds.
    """

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        super().__init__(encoder, config, data)
        self._weights = config.algorithm.combination.weights
        self.parts = tuple(
            part(encoder, config, data) for part in _find_parts(config)
        )
        self.metric_names = tuple(
            name for part in self.parts for name in part.metric_names
        )

    @classmethod
    def clip_spec(cls, config: Config) -> ClipSpec:
        """That of the one objective that declares something, if one does."""
        specs = [part.clip_spec(config) for part in _find_parts(config)]
        declared = [spec for spec in specs if spec != ClipSpec()]
        if len(declared) > 1:
            raise ValueError(
                "config.algorithm.combination.objectives must have at most one "
                "objective with a ClipSpec of its own: all see the same "
                f"frames. Received: {config.algorithm.combination.objectives}"
            )
        return declared[0] if declared else ClipSpec()

    def check_batch(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """See `Algorithm.check_batch`."""
        for part in self.parts:
            batch = part.check_batch(batch)
        return dict(batch)

    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `EmbeddingObjective.objective_on_embeddings`."""
        coin_seed, *seeds = tf.unstack(
            tf.random.experimental.stateless_split(seed, 1 + len(self.parts))
        )
        halves = (embs, batch)
        if self.spec.samples_pairs:
            halves = one_of_each_pair(embs, batch, coin_seed)
        total = tf.zeros([])
        metrics: dict[str, tf.Tensor] = {}
        for part, weight, part_seed in zip(
            self.parts, self._weights, seeds, strict=True
        ):
            seen = (embs, batch) if part.spec.samples_pairs else halves
            loss, values = part.objective_on_embeddings(
                *seen, training=training, seed=part_seed
            )
            total += weight * loss
            metrics |= values
        return total, metrics


def one_of_each_pair(
    embs: tf.Tensor, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Keeps the firsts or the seconds of pairs of steps, for each video.

    Args:
      embs: [N, 2 T, D] of steps first, second, first, second, ...
      batch: what is known of the steps.
      seed: [2] int32, of one coin for each video.

    Returns:
      embs [N, T, D] and the batch with steps and frame_labels [N, T], without
      frames and features.
    """
    takes_first = (
        tf.random.stateless_uniform([tf.shape(embs)[0], 1], seed) < 0.5
    )
    kept = {
        key: batch[key] for key in batch if key not in ("frames", "features")
    }
    for key in ("steps", "frame_labels"):
        if key in kept:
            values = kept[key]
            kept[key] = tf.where(takes_first, values[:, 0::2], values[:, 1::2])
    embs = tf.where(takes_first[..., tf.newaxis], embs[:, 0::2], embs[:, 1::2])
    return embs, kept


def _find_parts(config: Config) -> list[type[EmbeddingObjective]]:
    """Returns the objectives that are combined.

    Raises:
      ValueError: one is unknown, or sees more than embeddings.
    """
    parts = []
    for name in config.algorithm.combination.objectives:
        found = registry.find(name)
        if not issubclass(found, EmbeddingObjective):
            raise ValueError(
                "config.algorithm.combination.objectives must be objectives on "
                f"embeddings. Received: {name!r}, which is none"
            )
        parts.append(found)
    return parts
