import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import similarity
from tests.alignment import running


def test_squared_distances_by_hand():
    # a = (1, 2); b = (4, 6), (1, 2): 5 + 52 - 2 * 16 = 25 = 3^2 + 4^2, and 0.
    distances = similarity.squared_distances(
        tf.constant([[16.0, 5.0]]),
        tf.constant([[5.0]]),
        tf.constant([[52.0, 5.0]]),
    )
    np.testing.assert_array_equal(distances, [[25.0, 0.0]])


def test_squared_distances_are_cut_at_zero_and_nan_stays_visible():
    one = tf.constant([1.0])
    cut = similarity.squared_distances(tf.constant([1.001]), one, one)
    np.testing.assert_array_equal(cut, [0.0])
    nan = similarity.squared_distances(tf.constant([np.nan]), one, one)
    assert np.isnan(nan).all()


def test_origin_is_the_mean_for_distances_only():
    embs = tf.constant([[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [0.0, 4.0]]])
    # (1 + 3 + 0 + 0) / 4, (2 + 6 + 0 + 4) / 4
    np.testing.assert_array_equal(similarity.origin_for(embs, "l2"), [1.0, 3.0])
    assert similarity.origin_for(embs, "cosine") == 0.0


def test_factor_and_its_gradient_for_a_learnt_temperature():
    temperature = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        factor = similarity.factor(4, temperature)
    # 1 / (4 * .5), and its derivative -1 / (4 * .5^2).
    assert factor.numpy() == 0.5
    assert tape.gradient(factor, temperature).numpy() == -1.0


@pytest.mark.parametrize("mode", running.MODES)
def test_cast_returns_finite_gradient_in_the_dtype_of_the_input(mode):
    def loss(embs):
        return tf.reduce_sum(similarity.as_float32(embs) * 1e6)

    value, gradient = running.in_mode(running.with_gradient(loss), mode)(
        tf.ones([2], tf.float16)
    )
    assert value.dtype == tf.float32
    assert gradient.dtype == tf.float16
    # 1e6 is more than float16 holds.
    np.testing.assert_array_equal(gradient, [65504.0, 65504.0])


def test_integers_are_refused():
    with pytest.raises(ValueError, match=r"floating point. Received: int32"):
        similarity.as_float32(tf.zeros([2], tf.int32))
