"""Optimizers by name, on a learning rate schedule."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.training import schedules


@dataclasses.dataclass(frozen=True)
class Decay:
    """Weight decay, and what is different for biases.

    Attributes:
      rate: of the decay; 0 is none.
      is_coupled: whether it is added to the gradient, as PyTorch and Caffe
        do, or taken off the weight itself, as AdamW does.
      bias_learning_rate: factor of the learning rate for biases.
      bias_rate: factor of `rate` for biases.
    """

    rate: float = 0.0
    is_coupled: bool = True
    bias_learning_rate: float = 1.0
    bias_rate: float = 1.0


class _WithDecay(keras.optimizers.Optimizer):
    """Adds a `Decay` to the update of each variable.

    It acts where the gradients of all replicas are summed, clipped and
    unscaled, so it is the same on any number of devices.
    """

    decay = Decay()

    def build(self, variables: list[Any]) -> None:
        """Remembers which variables are biases."""
        super().build(variables)
        self._biases = frozenset(
            self._get_variable_index(variable)
            for variable in variables
            if is_bias(variable)
        )

    def update_step(
        self, gradient: tf.Tensor, variable: Any, learning_rate: Any
    ) -> None:
        """Updates one variable; see `keras.optimizers.Optimizer`."""
        rate, decay = self.decay.rate, self.decay
        if self._get_variable_index(variable) in self._biases:
            rate *= decay.bias_rate
            if decay.bias_learning_rate != 1.0:
                learning_rate = learning_rate * decay.bias_learning_rate
        if rate and decay.is_coupled:
            gradient = gradient + rate * tf.cast(variable, gradient.dtype)
        elif rate:
            variable.assign_sub(
                tf.cast(learning_rate, variable.dtype) * rate * variable
            )
        super().update_step(gradient, variable, learning_rate)


def is_bias(variable: Any) -> bool:
    """Returns whether a variable is a bias, or an offset of a normalisation."""
    return variable.name.split("/")[-1] in ("bias", "beta")


class Momentum(_WithDecay, keras.optimizers.SGD):
    """`keras.optimizers.SGD` with a `Decay`."""


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


class Adam(_WithDecay, FusedAdam):
    """`FusedAdam` with a `Decay`."""


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
        optimizer = Adam(rate, name="adam")
    elif config.name == "momentum":
        optimizer = Momentum(rate, momentum=config.momentum, name="sgd")
    else:
        raise ValueError(
            "config.optimizer.name must be adam or momentum. "
            f"Received: {config.name!r}"
        )
    optimizer.decay = Decay(
        rate=config.weight_decay,
        is_coupled=config.weight_decay_form == "coupled",
        bias_learning_rate=config.bias_learning_rate_factor,
        bias_rate=config.bias_weight_decay_factor,
    )
    if loss_scaling:
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
