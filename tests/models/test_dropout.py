import numpy as np
import pytest
import tensorflow as tf

from tcc.models import dropout

_SEED = tf.constant([3, 4], tf.int32)


def test_keeps_the_mean_and_drops_the_rate():
    dropped = dropout.dropout(tf.ones([100, 100]), _SEED, rate=0.25).numpy()
    values = np.unique(dropped)
    np.testing.assert_allclose(values, [0, 4 / 3], rtol=1e-6)
    # 10,000 draws at .25: the standard deviation of the share is .0043.
    assert np.mean(dropped == 0) == pytest.approx(0.25, abs=0.02)


def test_the_seed_decides():
    ones = tf.ones([50, 4])
    once = dropout.dropout(ones, _SEED, rate=0.5)
    again = tf.function(dropout.dropout)(ones, _SEED, rate=0.5)
    other = dropout.dropout(ones, dropout.fold_in(_SEED, 1), rate=0.5)
    np.testing.assert_array_equal(once, again)
    assert np.any(once.numpy() != other.numpy())


def test_shared_axes_are_dropped_together():
    dropped = dropout.dropout(
        tf.ones([20, 7, 10]), _SEED, rate=0.5, shared_axes=(1,)
    ).numpy()
    assert np.all(dropped == dropped[:, :1])
    assert 0 < np.mean(dropped == 0) < 1


def test_rate_zero_is_the_identity():
    inputs = tf.random.stateless_normal([4, 3], _SEED)
    np.testing.assert_array_equal(
        dropout.dropout(inputs, _SEED, rate=0.0), inputs
    )


def test_fresh_seeds_differ_from_call_to_call():
    draw = tf.function(dropout.fresh_seed)
    seeds = {tuple(draw().numpy()) for _ in range(5)}
    assert len(seeds) == 5
