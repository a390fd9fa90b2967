"""The loop version of the benchmark is the same loss, so ratios are fair."""

import numpy as np
import tensorflow as tf

from benchmarks import alignment_loss
from tests.alignment import running


def test_loop_and_batched_versions_agree():
    embs, cycles, frames = alignment_loss.make_inputs(3, 6, 8)
    for loop, batched in (
        (
            alignment_loss.loop_deterministic,
            alignment_loss.batched,
        ),
        (
            lambda e: alignment_loss.loop_stochastic(e, cycles, frames),
            lambda e: alignment_loss.batched(e, cycles, frames),
        ),
    ):
        value, gradient = running.with_gradient(batched)(tf.constant(embs))
        expected, slopes = running.with_gradient(loop)(tf.constant(embs))
        np.testing.assert_allclose(value, expected, rtol=1e-5)
        np.testing.assert_allclose(
            gradient, slopes, rtol=1e-4, atol=1e-5 * np.abs(slopes).max()
        )
