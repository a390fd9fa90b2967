"""Learning rates over the steps, as functions of the step alone.

The original's `exp_decay` and `poly` feed the decayed rate back into the
decay, so that it compounds at every step; these follow the formulas.
"""

import keras
from keras.optimizers import schedules

from tcc.configs import schema


class Fixed(schedules.LearningRateSchedule):
    """The same rate at every step."""

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self._learning_rate = learning_rate

    def __call__(self, step: int) -> float:
        """Returns the rate at a step."""
        del step
        return keras.ops.convert_to_tensor(self._learning_rate, "float32")

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return {"learning_rate": self._learning_rate}


class LinearWarmup(schedules.LearningRateSchedule):
    """Rises linearly from 0, then follows another schedule.

    rate(step) = after(step) · min(1, step / warmup_steps)

    As in the original, the schedule behind it counts steps from the start of
    training, not from the end of the warm-up.
    """

    def __init__(
        self, after: schedules.LearningRateSchedule, warmup_steps: int
    ) -> None:
        super().__init__()
        self._after = after
        self._warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        """Returns the rate at a step."""
        fraction = keras.ops.cast(step, "float32") / float(self._warmup_steps)
        return self._after(step) * keras.ops.minimum(1.0, fraction)

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return {"after": self._after, "warmup_steps": self._warmup_steps}


def build_schedule(
    config: schema.OptimizerConfig, *, max_steps: int
) -> schedules.LearningRateSchedule:
    """Returns the learning rate as a function of the step.

    Args:
      config: the base rate and `config.schedule`.
      max_steps: where "polynomial" reaches its end.

    Raises:
      ValueError: there is no schedule of that name.
    """
    schedule, rate = config.schedule, config.learning_rate
    built: schedules.LearningRateSchedule
    if schedule.name == "fixed":
        built = Fixed(rate)
    elif schedule.name == "exponential":
        built = schedules.ExponentialDecay(
            rate,
            schedule.decay_steps,
            schedule.decay_rate,
            staircase=schedule.staircase,
        )
    elif schedule.name == "manual":
        # The original drops the rate at the boundary itself, Keras one step
        # behind it.
        built = schedules.PiecewiseConstantDecay(
            [boundary - 1 for boundary in schedule.boundaries],
            [
                rate * schedule.boundary_rate**i
                for i in range(len(schedule.boundaries) + 1)
            ],
        )
    elif schedule.name == "polynomial":
        built = schedules.PolynomialDecay(
            rate, max_steps, schedule.end_learning_rate, schedule.power
        )
    else:
        raise ValueError(
            "config.optimizer.schedule.name must be one of fixed, exponential, "
            f"manual, polynomial. Received: {schedule.name!r}"
        )
    if schedule.warmup_steps:
        built = LinearWarmup(built, schedule.warmup_steps)
    return built
