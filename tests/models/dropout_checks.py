"""What every embedder's dropout must do."""

import numpy as np
import tensorflow as tf


def assert_dropout_follows_its_seed(embedder, features) -> None:
    """Repeatable by its seed, fresh without one, and only in training.

    Args:
        embedder: with a rate above 0.
        features: that it takes.
    """
    embed = tf.function(embedder)
    seed, other = tf.constant([1, 2]), tf.constant([1, 3])
    embs, _ = embed(features, training=True, seed=seed)
    again, _ = embed(features, training=True, seed=seed)
    changed, _ = embed(features, training=True, seed=other)
    fresh, _ = embed(features, training=True)
    np.testing.assert_array_equal(embs, again)
    assert np.any(embs.numpy() != changed.numpy())
    assert np.any(embs.numpy() != fresh.numpy())
    inferred, _ = embed(features, seed=seed)
    np.testing.assert_array_equal(inferred, embed(features, seed=other)[0])
