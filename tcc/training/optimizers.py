"""Optimizers by name, on a learning rate schedule."""

from typing import Any

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.training import schedules


class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, each variable updated in one pass over it.

    The same numbers and the same variables. Keras makes a pass for each sum and
    product: on a CPU, with the embedder's 21 million parameters, these took
    four times as long, a noticeable part of a training step.
    """

    def update_step(
        self, gradient: tf.Tensor, variable: Any, learning_rate: Any
    ) -> None:
        """Updates one variable; see `keras.optimizers.Optimizer`."""
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


def build_optimizer(
    config: schema.OptimizerConfig,
    *,
    max_steps: int,
    loss_scaling: bool = False,
) -> keras.optimizers.Optimizer:
    """Returns the configured optimizer; gradients are clipped by the loop.

    Args:
      config: name, rate and schedule.
      max_steps: where a "polynomial" schedule reaches its end.
      loss_scaling: scales the loss so that float16 gradients do not underflow.

    Raises:
      ValueError: there is no optimizer of that name.
    """
    rate = schedules.build_schedule(config, max_steps=max_steps)
    optimizer: keras.optimizers.Optimizer
    if config.name == "adam":
        optimizer = FusedAdam(rate, name="adam")
    elif config.name == "momentum":
        optimizer = keras.optimizers.SGD(rate, momentum=config.momentum)
    else:
        raise ValueError(
            "config.optimizer.name must be adam or momentum. "
            f"Received: {config.name!r}"
        )
    if loss_scaling:
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
