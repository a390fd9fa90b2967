"""Classification of the phases, the paper's supervised baseline.

Follows the original's `algos/classification.py`. Frames without a label take
no part, and several data sets have a head each: their phases are different
things, even under one number.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tcc.algorithms import refused_batches
from tcc.algorithms.algorithm import (
    Batch,
    Config,
    EmbeddingObjective,
    LossAndMetrics,
    TrainingData,
)
from tcc.configs import schema
from tcc.models import dropout
from tcc.video import prepared


def phase_losses(
    logits: tf.Tensor,
    frame_labels: tf.Tensor,
    is_own: tf.Tensor,
    *,
    label_smoothing: float,
) -> tf.Tensor:
    """Cross-entropy of each frame, over the phases of its own data set.

        p = softmax over own phases of logits
        loss = -(1 - s) log p_label - s / K sum over own phases of log p

    Args:
      logits: [N, T, P] float32, of the phases of all data sets.
      frame_labels: [N, T] integer, columns of `logits` that are right; any
        value where it is not used.
      is_own: [N, P] bool, the K phases of each video's data set.
      label_smoothing: s, in [0, 1).

    Returns:
      [N, T] float32.
    """
    is_own = is_own[:, tf.newaxis]
    log_p = tf.nn.log_softmax(tf.where(is_own, logits, logits.dtype.min))
    own_log_p = tf.where(is_own, log_p, 0.0)
    targets = tf.one_hot(frame_labels, tf.shape(logits)[-1])
    right = tf.reduce_sum(targets * own_log_p, axis=-1)
    if not label_smoothing:
        return -right
    num_own = tf.reduce_sum(tf.cast(is_own, tf.float32), axis=-1)
    mean = tf.reduce_sum(own_log_p, axis=-1) / num_own
    return -(1.0 - label_smoothing) * right - label_smoothing * mean


class Supervised(EmbeddingObjective):
    """A linear classifier of phases on the embedding of each step."""

    metric_names = (
        "classification_loss",
        "classification_accuracy",
        "labelled_share",
    )

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        """See `Algorithm`.

        Raises:
          ValueError: a data set has no phases, or more than `num_classes`.
          FileNotFoundError: a data set is not prepared.
        """
        super().__init__(encoder, config, data)
        self._config = config.algorithm.classification
        counts = self._config.num_classes or count_phases(config.data)
        _require_all_phases(counts, config.data)
        names = dict(enumerate(config.data.datasets))
        self._names = [names.get(i, str(i)) for i in range(len(counts))]
        self._counts = np.array(counts, np.int64)
        ends = np.cumsum(counts)
        self._first_phases = ends - counts
        # Row d says which phases are those of data set d.
        self._phases_of_dataset = np.repeat(
            np.eye(len(counts), dtype=bool), counts, axis=1
        )
        self.phases = keras.layers.Dense(int(ends[-1]), name="phases")
        self.phases.build((None, config.model.embedding_size))

    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `EmbeddingObjective.objective_on_embeddings`.

        The loss is the mean over labelled frames, 0 when there are none.

        It is NaN where a label has no class in the head; `check_batch` refuses
        such a batch before.
        """
        if training:
            embs = dropout.dropout(embs, seed, rate=self._config.dropout)
        logits = self.phases(embs)
        datasets = batch["dataset_ids"]
        is_own = tf.gather(tf.constant(self._phases_of_dataset), datasets)
        is_labelled = batch["frame_labels"] >= 0
        is_known = self._is_known(batch)
        labels = (
            batch["frame_labels"]
            + tf.gather(tf.constant(self._first_phases, tf.int64), datasets)[
                :, tf.newaxis
            ]
        )
        losses = phase_losses(
            logits,
            labels,
            is_own,
            label_smoothing=self._config.label_smoothing,
        )
        losses = tf.where(is_known, losses, np.nan)
        found = tf.argmax(
            tf.where(is_own[:, tf.newaxis], logits, logits.dtype.min), axis=-1
        )
        loss = _mean_where(is_labelled, losses)
        metrics = {
            "classification_loss": loss,
            "classification_accuracy": _mean_where(
                is_labelled, tf.cast(tf.equal(found, labels), tf.float32)
            ),
            "labelled_share": tf.reduce_mean(tf.cast(is_labelled, tf.float32)),
        }
        return loss, metrics

    def check_batch(self, batch: Batch) -> dict[str, tf.Tensor]:
        """Refuses labels that the head does not know, with their video."""
        with tf.control_dependencies(self._require_known(batch)):
            labels = tf.identity(batch["frame_labels"])
        return {**batch, "frame_labels": labels}

    def _is_known(self, batch: Batch) -> tf.Tensor:
        """Returns [N, T] bool: labels of the video's head, or none (-1)."""
        labels = tf.cast(batch["frame_labels"], tf.int64)
        counts = tf.gather(tf.constant(self._counts), batch["dataset_ids"])
        return tf.logical_and(labels >= -1, labels < counts[:, tf.newaxis])

    def _require_known(self, batch: Batch) -> list[tf.Operation]:
        """Returns operations that fail for labels without a class."""
        is_known = self._is_known(batch)
        # Of all labels, the first that is at fault.
        place = tf.argmin(tf.cast(tf.reshape(is_known, [-1]), tf.int32))
        label = tf.gather(tf.reshape(batch["frame_labels"], [-1]), place)
        video = place // tf.shape(is_known, tf.int64)[1]
        dataset = tf.gather(batch["dataset_ids"], video)
        named = ["a frame"]
        if "names" in batch:
            named = ["video '", tf.gather(batch["names"], video), "'"]
        message = tf.strings.join(
            [
                *named,
                " of data set ",
                tf.gather(tf.constant(self._names), dataset),
                " has the frame label ",
                tf.strings.as_string(label),
                ", but the classifier has only the classes 0 to ",
                tf.strings.as_string(
                    tf.gather(tf.constant(self._counts - 1), dataset)
                ),
                " for it. Raise algorithm.classification.num_classes, or give"
                " the data set fewer phases.",
            ]
        )
        check = refused_batches.require(tf.reduce_all(is_known), message)
        return [] if check is None else [check]


def _require_all_phases(
    counts: Sequence[int], config: schema.DataConfig
) -> None:
    """Refuses heads that are too narrow for the phases that the data name.

    Raises:
      ValueError: naming the setting.
    """
    if len(counts) < len(config.datasets):
        raise ValueError(
            "algorithm.classification.num_classes must be one count for each"
            f" of data.datasets ({len(config.datasets)}), or () for those of"
            f" the data. Received: {tuple(counts)}"
        )
    for count, name in zip(counts, config.datasets, strict=False):
        try:
            dataset = prepared.open_dataset(name, config.data_dir)
        except FileNotFoundError:
            continue  # a network for data that are elsewhere
        if len(dataset.phase_names) > count:
            raise ValueError(
                "algorithm.classification.num_classes must be at least"
                f" {len(dataset.phase_names)} for data set {name}, which has"
                f" the phases {', '.join(dataset.phase_names)}, or () for"
                f" those of the data. Received: {tuple(counts)}"
            )


def count_phases(config: schema.DataConfig) -> Sequence[int]:
    """Returns the number of phases of each prepared data set.

    Raises:
      ValueError: a data set has no phases.
      FileNotFoundError: a data set is not prepared.
    """
    counts = []
    for name in config.datasets:
        dataset = prepared.open_dataset(name, config.data_dir)
        if not dataset.phase_names:
            raise ValueError(
                f"data set {name} (in {dataset.folder}) names no phases, so it "
                "has no labels to classify. Prepare it with labels, give "
                "algorithm.classification.num_classes, or choose another "
                "algorithm.name."
            )
        counts.append(len(dataset.phase_names))
    return counts


def _mean_where(condition: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Mean of the values where the condition holds; 0 if it never does."""
    return tf.math.divide_no_nan(
        tf.reduce_sum(tf.where(condition, values, 0.0)),
        tf.reduce_sum(tf.cast(condition, tf.float32)),
    )
