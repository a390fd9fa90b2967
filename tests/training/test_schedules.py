"""Learning rates against the original's, and against their formulas."""

import numpy as np
import pytest

from tcc.configs import schema
from tcc.training import optimizers, schedules
from tests import golden_values


def _rates(schedule: schema.ScheduleConfig, steps, max_steps=150_000):
    config = schema.OptimizerConfig(schedule=schedule)
    built = schedules.build_schedule(config, max_steps=max_steps)
    return np.array([float(built(int(step))) for step in steps])


@pytest.mark.parametrize(
    ("schedule", "key"),
    [
        (schema.ScheduleConfig("fixed"), "fixed/warm0"),
        (schema.ScheduleConfig("fixed", warmup_steps=100), "fixed/warm100"),
        (schema.ScheduleConfig("manual"), "manual/warm0"),
        (schema.ScheduleConfig("manual", warmup_steps=100), "manual/warm100"),
        (schema.ScheduleConfig("exponential"), "exp_decay/warm0"),
        (schema.ScheduleConfig("polynomial"), "poly_intended/warm0"),
    ],
)
def test_the_original_s_rates(schedule, key):
    golden = golden_values.load("lr")
    rates = _rates(schedule, golden["steps"])
    np.testing.assert_allclose(rates, golden[key], rtol=1e-5, atol=1e-12)


def test_exponential_without_staircase():
    schedule = schema.ScheduleConfig(
        "exponential", decay_steps=10, decay_rate=0.25, staircase=False
    )
    # 1e-4 · .25^(5/10) = 1e-4 · .5
    np.testing.assert_allclose(_rates(schedule, [5]), [5e-5], rtol=1e-6)


def test_polynomial_with_power_and_end():
    schedule = schema.ScheduleConfig(
        "polynomial", end_learning_rate=1e-5, power=2.0
    )
    # (1e-4 - 1e-5) · (1 - 50/100)² + 1e-5 = 9e-5 / 4 + 1e-5 = 3.25e-5
    rates = _rates(schedule, [50, 100, 200], max_steps=100)
    np.testing.assert_allclose(rates, [3.25e-5, 1e-5, 1e-5], rtol=1e-5)


def test_an_unknown_schedule_is_named():
    with pytest.raises(ValueError, match=r"'cosine'"):
        _rates(schema.ScheduleConfig("cosine"), [0])


def test_an_unknown_optimizer_is_named():
    with pytest.raises(ValueError, match=r"'lion'"):
        optimizers.build_optimizer(
            schema.OptimizerConfig(name="lion"), max_steps=1
        )
