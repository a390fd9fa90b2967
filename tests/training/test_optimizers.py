"""Adam in one pass is Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.training import optimizers


def _descend(optimizer, jit_compile):
    """Six steps with random gradients; returns the variables."""
    variables = [
        keras.Variable(np.ones((3, 4), np.float32)),
        keras.Variable(np.zeros(5, np.float32)),
    ]
    optimizer.build(variables)

    @tf.function(jit_compile=jit_compile)
    def apply(gradients):
        scaled = [optimizer.scale_loss(gradient) for gradient in gradients]
        optimizer.apply(scaled, variables)

    rng = np.random.default_rng(0)
    for _ in range(6):
        shapes = [variable.shape for variable in variables]
        apply([tf.constant(rng.normal(size=s), tf.float32) for s in shapes])
    assert int(optimizer.iterations) == 6
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("loss_scaling", [False, True])
def test_equals_the_adam_of_keras(jit_compile, loss_scaling):
    config = schema.OptimizerConfig(learning_rate=0.1)
    ours = optimizers.build_optimizer(
        config, max_steps=10, loss_scaling=loss_scaling
    )
    found = _descend(ours, jit_compile)
    expected = _descend(keras.optimizers.Adam(0.1), jit_compile=False)
    for actual, value in zip(found, expected, strict=True):
        np.testing.assert_allclose(actual, value, rtol=1e-5, atol=1e-5)
    assert np.ptp(expected[0]) > 0.1  # they moved
