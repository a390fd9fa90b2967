"""Running a loss and its gradient the three ways in which it will be run."""

import numpy as np
import pytest
import tensorflow as tf

MODES = ("eager", "graph", "compiled")


def in_mode(function, mode):
    """`function` run eagerly, in a tf.function, or compiled by XLA."""
    if mode == "eager":
        return function
    return tf.function(
        function, jit_compile=mode == "compiled", autograph=False
    )


def cases_and_modes(*cases):
    """Parameters (case, mode); compiling all but the first case is slow."""
    return [
        pytest.param(
            case,
            mode,
            marks=pytest.mark.slow
            if mode == "compiled" and case != cases[0]
            else (),
        )
        for case in cases
        for mode in MODES
    ]


def with_gradient(loss):
    """A function of embs that returns (loss(embs), its gradient)."""

    def value_and_gradient(embs):
        with tf.GradientTape() as tape:
            tape.watch(embs)
            value = loss(embs)
        return value, tf.convert_to_tensor(tape.gradient(value, embs))

    return value_and_gradient


def assert_golden(value, gradient, golden, key):
    """Compares with the original's `<key>/loss` and `<key>/grad`.

    Both are float32: an entry of the gradient that is small by cancellation
    carries the rounding errors of its large neighbours, in the original (up to
    4e-6 of the largest against float64) as here.
    """
    np.testing.assert_allclose(
        value, golden[f"{key}/loss"], rtol=1e-5, err_msg=key
    )
    expected = golden[f"{key}/grad"]
    np.testing.assert_allclose(
        gradient,
        expected,
        rtol=1e-4,
        atol=1e-6 * max(1.0, np.abs(expected).max()),
        err_msg=key,
    )


def num_nodes(function, *arguments):
    """Nodes of the traced function, those of inner functions included."""
    concrete = tf.function(function, autograph=False).get_concrete_function(
        *arguments
    )
    definition = concrete.graph.as_graph_def()
    return len(definition.node) + sum(
        len(inner.node_def) for inner in definition.library.function
    )
