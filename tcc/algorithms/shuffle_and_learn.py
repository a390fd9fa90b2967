"""Shuffle and Learn: are three steps of a video in order?

Paper: Misra, Zitnick, Hebert, "Shuffle and Learn: Unsupervised Learning using
Temporal Order Verification", ECCV 2016, on embeddings instead of frames, as
the TCC paper compares it. Follows the original's `algos/sal.py` with defect 4
of docs/errata.md mended: triplets are gathered along the time of each video.
"""

import keras
import tensorflow as tf

from tcc.algorithms.algorithm import (
    Batch,
    Config,
    EmbeddingObjective,
    LossAndMetrics,
    TrainingData,
)
from tcc.models import dropout

NUM_DRAWN = 5  # steps from which a triplet is made


def draw_triplets(
    num_videos: int,
    num_steps: int,
    seed: tf.Tensor,
    *,
    num_triplets: int,
    shuffled_share: float,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws triplets of steps in order, and shuffled ones.

    For each triplet five different steps a < b < c < d < e are drawn, all
    choices equally likely, and reversed with probability 1/2. In order is
    (b, c, d), forwards or backwards; shuffled is (b, a, d) or (b, e, d), with
    equal odds. Of all triplets of the batch int(shuffled_share * N * K) are
    shuffled, which ones is drawn.

    Args:
      num_videos: N.
      num_steps: T, at least 5.
      seed: [2] int32.
      num_triplets: K, of each video.
      shuffled_share: between 0 and 1.

    Returns:
      indices [N, K, 3] int32 into the T steps, and whether each triplet is
      shuffled, [N, K] int32, 1 or 0.

    Raises:
      ValueError: fewer than 5 steps.
    """
    if num_steps < NUM_DRAWN:
        raise ValueError(
            f"num_steps must be at least {NUM_DRAWN}: a triplet is made from "
            f"as many different steps. Received: {num_steps}"
        )
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 4))
    shape = [num_videos, num_triplets]
    order = tf.random.stateless_uniform([*shape, num_steps], seeds[0])
    drawn = tf.sort(tf.math.top_k(order, NUM_DRAWN).indices, axis=-1)
    drawn = tf.where(
        _coin(shape, seeds[1])[..., tf.newaxis], drawn, drawn[..., ::-1]
    )
    count = num_videos * num_triplets
    places = tf.argsort(tf.random.stateless_uniform([count], seeds[2]))
    is_shuffled = tf.reshape(places < int(shuffled_share * count), shape)
    outside = tf.where(_coin(shape, seeds[3]), 0, NUM_DRAWN - 1)
    middle = tf.where(is_shuffled, outside, 2)
    order_in_five = tf.stack(
        [tf.ones_like(middle), middle, 3 * tf.ones_like(middle)], axis=-1
    )
    indices = tf.gather(drawn, order_in_five, batch_dims=2)
    return indices, tf.cast(is_shuffled, tf.int32)


def _coin(shape: list[int], seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed) < 0.5


class ShuffleAndLearn(EmbeddingObjective):
    """Tells shuffled from ordered triplets by their three embeddings.

    The embeddings of a triplet, one behind the other [3 D], go through dense
    layers to two logits; the loss is their cross-entropy.
    """

    metric_names = ("sal_loss", "sal_accuracy")

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        super().__init__(encoder, config, data)
        self._config = config.algorithm.sal
        self.dense_layers = tuple(
            keras.layers.Dense(width, activation="relu", name=f"fc_{i}")
            for i, width in enumerate(self._config.fc_channels)
        )
        self.output_layer = keras.layers.Dense(2, name="shuffled_or_not")
        width = 3 * config.model.embedding_size
        for layer in (*self.dense_layers, self.output_layer):
            layer.build((None, width))
            width = layer.units

    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `EmbeddingObjective.objective_on_embeddings`."""
        del batch
        triplet_seed, dropout_seed = tf.unstack(
            tf.random.experimental.stateless_split(seed, 2)
        )
        num_videos, num_steps, num_channels = embs.shape
        indices, labels = draw_triplets(
            num_videos,
            num_steps,
            triplet_seed,
            num_triplets=self._config.num_triplets,
            shuffled_share=self._config.shuffled_share,
        )
        triplets = tf.gather(embs, indices, batch_dims=1)  # [N, K, 3, D]
        triplets = tf.reshape(triplets, [-1, 3 * num_channels])
        logits = self.classify(
            triplets, seed=dropout_seed if training else None
        )
        labels = tf.reshape(labels, [-1])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
        found = tf.argmax(logits, axis=-1, output_type=tf.int32)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(found, labels), tf.float32))
        return loss, {"sal_loss": loss, "sal_accuracy": accuracy}

    def classify(
        self, triplets: tf.Tensor, *, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Says whether triplets are shuffled.

        Args:
          triplets: [M, 3 D] float32, three embeddings each.
          seed: [2] int32, of the dropout; None is no dropout.

        Returns:
          logits [M, 2] float32: in order, shuffled.
        """
        rate = 0.0 if seed is None else self._config.dropout
        for i, layer in enumerate((*self.dense_layers, self.output_layer)):
            if rate:
                triplets = dropout.dropout(
                    triplets, dropout.fold_in(seed, i), rate=rate
                )
            triplets = layer(triplets)
        return triplets
