"""Optimizers by name, on a learning rate schedule."""

import keras

from tcc.configs import schema
from tcc.training import schedules


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
        optimizer = keras.optimizers.Adam(rate)
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
