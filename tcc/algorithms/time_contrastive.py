"""Time-contrastive networks: one moment is alike, other moments are not.

Paper: Sermanet et al., "Time-Contrastive Networks: Self-Supervised Learning
from Video", ICRA 2018. The n-pairs loss on single videos is what the TCC paper
compares with and follows the original's `algos/tcn.py`, with defect 3 of
docs/errata.md mended: each video's rows are its own. The triplet loss and the
views of several cameras are the TCN paper's.
"""

import functools
from collections.abc import Mapping

import keras
import tensorflow as tf

from tcc.algorithms.algorithm import (
    Batch,
    Config,
    EmbeddingObjective,
    LossAndMetrics,
    TrainingData,
)
from tcc.alignment import similarity
from tcc.video import sampling
from tcc.video.clip_spec import ClipSpec


def sample_pairs(
    video: Mapping[str, tf.Tensor],
    seed: tf.Tensor,
    *,
    sample_anchors: sampling.StepSampler,
    positive_window: int,
) -> tf.Tensor:
    """Draws anchors, and for each a positive shortly before it.

    The positive of anchor s is uniform over [s - positive_window, s), as far
    as these frames exist; that of frame 0 is frame 0.

    Args:
      video: with "seq_len", [] int64, and what else the sampler looks at.
      seed: [2] int32.
      sample_anchors: (video, seed) → [T] int64.
      positive_window: frames, at least 1.

    Returns:
      [2 T] int64: anchor, positive, anchor, positive, ...
    """
    anchor_seed, positive_seed = tf.unstack(
        tf.random.experimental.stateless_split(seed, 2)
    )
    anchors = sample_anchors(video, anchor_seed)
    earliest = tf.maximum(anchors - positive_window, 0)
    choices = tf.cast(tf.maximum(anchors - earliest, 1), tf.float32)
    place = tf.random.stateless_uniform(tf.shape(anchors), positive_seed)
    positives = earliest + tf.cast(place * choices, tf.int64)
    num_anchors = anchors.shape[0]
    pairs = tf.reshape(tf.stack([anchors, positives], axis=1), [-1])
    return tf.ensure_shape(pairs, [num_anchors and 2 * num_anchors])


def npairs_loss(
    anchors: tf.Tensor, positives: tf.Tensor, *, reg_lambda: float
) -> tf.Tensor:
    """Each anchor must find its positive among all positives of its video.

        logits = a p'       loss = mean_t of -log softmax(logits_t)_t
                                 + reg_lambda / 4 (mean ||a||^2 + mean ||p||^2)

    Paper: Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss
    Objective", NIPS 2016, equation 5. The mean runs over videos too.

    Args:
      anchors: [..., T, D] floating.
      positives: [..., T, D] floating, row t belongs to anchor t.
      reg_lambda: weight of the squared lengths.

    Returns:
      [] float32.
    """
    anchors = similarity.as_float32(anchors, "anchors")
    positives = similarity.as_float32(positives, "positives")
    logits = tf.matmul(anchors, positives, transpose_b=True)
    own = tf.linalg.diag_part(tf.nn.log_softmax(logits))
    squares = tf.reduce_mean(
        similarity.squared_norms(anchors)
    ) + tf.reduce_mean(similarity.squared_norms(positives))
    return 0.25 * reg_lambda * squares - tf.reduce_mean(own)


def triplet_loss(
    anchors: tf.Tensor,
    positives: tf.Tensor,
    candidates: tf.Tensor,
    is_negative: tf.Tensor,
    *,
    margin: float,
) -> tf.Tensor:
    """Positives must be nearer to their anchors than negatives, by a margin.

        loss = mean_i of max(0, ||a_i - p_i||^2 - ||a_i - n_i||^2 + margin)

    n_i is semi-hard: of the negatives that are farther from the anchor than
    the positive, the nearest; if there is none, the farthest of all. Anchors
    without a negative are left out.

    Paper: TCN, equation 1; Schroff et al., "FaceNet", CVPR 2015, section 3.2.

    Args:
      anchors: [..., M, D] floating.
      positives: [..., M, D] floating.
      candidates: [..., K, D] floating, among which negatives are sought.
      is_negative: [..., M, K] bool, which candidates may be an anchor's.
      margin: of squared distances.

    Returns:
      [] float32; 0 when no anchor has a negative.
    """
    anchors = similarity.as_float32(anchors, "anchors")
    positives = similarity.as_float32(positives, "positives")
    candidates = similarity.as_float32(candidates, "candidates")
    to_positive = tf.reduce_sum(
        tf.math.squared_difference(anchors, positives), axis=-1
    )
    to_candidates = similarity.squared_distances(
        tf.matmul(anchors, candidates, transpose_b=True),
        similarity.squared_norms(anchors)[..., tf.newaxis],
        similarity.squared_norms(candidates)[..., tf.newaxis, :],
    )
    is_semi_hard = is_negative & (to_candidates > to_positive[..., tf.newaxis])
    nearest = tf.reduce_min(
        tf.where(is_semi_hard, to_candidates, to_candidates.dtype.max), axis=-1
    )
    farthest = tf.reduce_max(tf.where(is_negative, to_candidates, 0.0), axis=-1)
    to_negative = tf.where(
        tf.reduce_any(is_semi_hard, axis=-1), nearest, farthest
    )
    counts = tf.reduce_any(is_negative, axis=-1)
    losses = tf.nn.relu(to_positive - to_negative + margin)
    return tf.math.divide_no_nan(
        tf.reduce_sum(tf.where(counts, losses, 0.0)),
        tf.reduce_sum(tf.cast(counts, tf.float32)),
    )


class TimeContrastive(EmbeddingObjective):
    """Contrasts anchors and positives inside each video or recording."""

    metric_names = ("tcn_loss", "tcn_accuracy")

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        super().__init__(encoder, config, data)
        self._config = config.algorithm.tcn

    @classmethod
    def clip_spec(cls, config: Config) -> ClipSpec:
        """Pairs of steps; with views of one moment, the configured steps."""
        if config.algorithm.tcn.views != "single":
            return ClipSpec()
        sample = functools.partial(
            sample_pairs,
            sample_anchors=sampling.step_sampler(config.data),
            positive_window=config.algorithm.tcn.positive_window,
        )
        return ClipSpec(sample_steps=sample, samples_pairs=True)

    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `EmbeddingObjective.objective_on_embeddings`.

        Raises:
          ValueError: views of one moment, and an odd number of videos.
        """
        del training, seed
        if self._config.loss_type == "triplet":
            # As the TCN authors do; the margin is of this scale.
            embs = tf.math.l2_normalize(embs, axis=-1)
        anchors, positives = self._split(embs)
        if self._config.loss_type == "triplet":
            loss = self._triplet_loss(
                anchors, positives, *self._split(batch["steps"])
            )
        else:
            loss = npairs_loss(
                anchors, positives, reg_lambda=self._config.reg_lambda
            )
        metrics = {
            "tcn_loss": loss,
            "tcn_accuracy": _share_found(anchors, positives),
        }
        return loss, metrics

    def _split(self, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Parts of anchors and positives of [N, 2 T, ...] or [2 N, T, ...]."""
        if self.spec.samples_pairs:
            return values[:, 0::2], values[:, 1::2]
        if values.shape[0] is not None and values.shape[0] % 2:
            raise ValueError(
                "train.batch_size must give every replica an even number of "
                "videos: two views of each recording. "
                f"Received: {values.shape[0]}"
            )
        return values[0::2], values[1::2]

    def _triplet_loss(
        self,
        anchors: tf.Tensor,
        positives: tf.Tensor,
        anchor_steps: tf.Tensor,
        positive_steps: tf.Tensor,
    ) -> tf.Tensor:
        """Either of a pair is the anchor once; negatives are far in time."""
        embs = tf.concat([anchors, positives], axis=1)
        partners = tf.concat([positives, anchors], axis=1)
        steps = tf.concat([anchor_steps, positive_steps], axis=1)
        gaps = tf.abs(steps[:, :, tf.newaxis] - steps[:, tf.newaxis, :])
        return triplet_loss(
            embs,
            partners,
            embs,
            gaps > self._config.negative_window,
            margin=self._config.margin,
        )


def _share_found(anchors: tf.Tensor, positives: tf.Tensor) -> tf.Tensor:
    """Share of anchors [N, T, D] most similar to their own positive."""
    products = tf.matmul(anchors, positives, transpose_b=True)
    found = tf.argmax(products, axis=-1, output_type=tf.int32)
    own = tf.range(tf.shape(products)[-1])
    return tf.reduce_mean(tf.cast(tf.equal(found, own), tf.float32))
