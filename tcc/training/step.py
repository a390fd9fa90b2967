"""The training step, and the graph that makes many of them in one call."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tcc import algorithms
from tcc.configs import schema


class Progress(NamedTuple):
    """What one call of `TrainSteps.run` reports.

    Attributes:
      num_steps: [] int32, steps made; fewer than asked for when the last one
        was not finite.
      is_finite: [] bool, whether loss and gradients of all steps are finite.
      names: [N] string, the videos of the last step.
      metrics: name → [] float32, means over the steps that were made.
    """

    num_steps: tf.Tensor
    is_finite: tf.Tensor
    names: tf.Tensor
    metrics: dict[str, tf.Tensor]


class TrainSteps:
    """Runs training steps on the replicas of a strategy.

    Randomness comes from stateless seeds, folded from the run's seed, the
    step and the replica: a resumed run draws what it would have drawn.
    """

    def __init__(
        self,
        algorithm: algorithms.Algorithm,
        optimizer: keras.optimizers.Optimizer,
        step: tf.Variable,
        config: schema.ExperimentConfig,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._algorithm = algorithm
        self._optimizer = optimizer
        self._step = step
        self._clipnorm = config.optimizer.global_clipnorm
        self._seed = config.train.seed
        self._strategy = strategy
        self._replica_step = (
            tf.function(self._step_of_replica, jit_compile=True)
            if config.train.jit_compile
            else self._step_of_replica
        )
        self.metric_names = (
            "loss",
            *algorithm.metric_names,
            "regularization_loss",
            "gradient_norm",
        )

    @tf.function
    def run(self, batches: Iterator[Any], num_steps: tf.Tensor) -> Progress:
        """Makes up to `num_steps` [] int32 steps, until one is not finite.

        The count is a tensor, so that any count runs the same graph.
        """
        made, is_finite = 0, True
        names = tf.zeros([0], tf.string)
        sums = dict.fromkeys(self.metric_names, 0.0)
        while is_finite and made < num_steps:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(names, tf.TensorShape([None]))]
            )
            metrics, names = self._step_of_all(next(batches))
            is_finite = self._is_finite(metrics)
            sums = {name: sums[name] + metrics[name] for name in sums}
            made += 1
        means = {name: sums[name] / float(made) for name in sums}
        return Progress(made, is_finite, names, means)

    def _step_of_all(
        self, batch: Any
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """One step on all replicas: mean metrics, names of the videos."""
        strategy = self._strategy
        names = tf.concat(
            strategy.experimental_local_results(batch["names"]), axis=0
        )
        numbers = {key: value for key, value in batch.items() if key != "names"}
        metrics = strategy.run(self._replica_step, args=(numbers,))
        means = {
            name: strategy.reduce("MEAN", metrics[name], axis=None)
            for name in self.metric_names
        }
        self._step.assign_add(1)
        return means, names

    def _step_of_replica(
        self, batch: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """One step on one replica's share of the batch."""
        replica = tf.distribute.get_replica_context()
        num_replicas = replica.num_replicas_in_sync
        seed = tf.random.experimental.stateless_fold_in(
            tf.constant([self._seed, 0], tf.int32), self._step
        )
        seed = tf.random.experimental.stateless_fold_in(
            seed, replica.replica_id_in_sync_group
        )
        variables = self._algorithm.trainable_variables
        with tf.GradientTape() as tape:
            loss, metrics = self._algorithm.objective(
                batch, training=True, seed=seed
            )
            regularization = tf.add_n([tf.zeros([]), *self._algorithm.losses])
            total = loss + regularization
            # The optimizer sums the gradients of the replicas.
            scaled = self._optimizer.scale_loss(total / num_replicas)
        gradients = tape.gradient(scaled, variables)
        norm = self._gradient_norm(gradients) * num_replicas
        if self._clipnorm:
            gradients, norm = self._clip(gradients, replica)
        self._optimizer.apply(gradients, variables)
        return {
            "loss": total,
            "regularization_loss": regularization,
            "gradient_norm": norm,
            **metrics,
        }

    def _is_finite(self, metrics: dict[str, tf.Tensor]) -> tf.Tensor:
        """Whether training may go on.

        In float16 an overflow of the gradients is no defect: the optimizer
        leaves the step out and lowers its scale.
        """
        finite = tf.math.is_finite(metrics["loss"])
        if isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer):
            return finite
        return tf.logical_and(
            finite, tf.math.is_finite(metrics["gradient_norm"])
        )

    def _gradient_norm(self, gradients: list[tf.Tensor]) -> tf.Tensor:
        """The norm of one replica's gradients, loss scaling taken out."""
        present = [gradient for gradient in gradients if gradient is not None]
        scale = self._optimizer.scale_loss(tf.ones([]))
        return tf.linalg.global_norm(present) / scale

    def _clip(
        self, gradients: list[tf.Tensor], replica: tf.distribute.ReplicaContext
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Clips the norm of the sum over replicas, not of each share.

        Returns:
          The clipped gradients, divided by the number of replicas because the
          optimizer sums over them once more, and the norm before.
        """
        num_replicas = replica.num_replicas_in_sync
        if num_replicas > 1:
            gradients = replica.all_reduce("SUM", gradients)
        scale = self._optimizer.scale_loss(tf.ones([]))
        clipped, norm = tf.clip_by_global_norm(
            gradients, self._clipnorm * scale
        )
        return [gradient / num_replicas for gradient in clipped], norm / scale
