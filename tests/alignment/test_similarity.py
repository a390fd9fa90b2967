import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import similarity
from tests.alignment import running


def test_l2_and_cosine_by_hand():
    a = tf.constant([[1.0, 2.0]])
    b = tf.constant([[4.0, 6.0], [1.0, 2.0]])
    # Squared distances 3^2 + 4^2 = 25 and 0; over D = 2, over temperature 0.5.
    np.testing.assert_allclose(
        similarity.of_all_rows(a, b, "l2", 0.5), [[-25.0, 0.0]]
    )
    # Products 4 + 12 = 16 and 1 + 4 = 5, over 2, over 0.5.
    np.testing.assert_allclose(
        similarity.of_all_rows(a, b, "cosine", 0.5), [[16.0, 5.0]]
    )


def test_temperature_may_be_learnt():
    temperature = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        value = similarity.of_all_rows(
            tf.constant([[1.0, 2.0]]),
            tf.constant([[4.0, 6.0]]),
            "l2",
            temperature,
        )
    # -25 / 2 / temperature: derivative 12.5 / 0.5^2.
    assert tape.gradient(value, temperature).numpy() == pytest.approx(50.0)


def test_nan_stays_visible():
    rows = tf.constant([[np.nan, 1.0]])
    assert np.isnan(similarity.of_all_rows(rows, rows, "l2", 1.0)).all()


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
