"""Dropout whose mask is a function of a seed."""

from collections.abc import Sequence

import tensorflow as tf


def fresh_seed() -> tf.Tensor:
    """Draws an unrepeatable seed, for callers that bring none.

    Returns:
        [2] int32.
    """
    return tf.random.uniform(
        [2], minval=tf.int32.min, maxval=tf.int32.max, dtype=tf.int32
    )


def fold_in(seed: tf.Tensor, data: int) -> tf.Tensor:
    """Derives the seed of one of several independent draws.

    Args:
        seed: [2] int32.
        data: which draw; different numbers give unrelated seeds.

    Returns:
        [2] int32.
    """
    return tf.random.experimental.stateless_fold_in(seed, data)


def dropout(
    inputs: tf.Tensor,
    seed: tf.Tensor,
    *,
    rate: float,
    shared_axes: Sequence[int] = (),
) -> tf.Tensor:
    """Sets a share of the inputs to 0 and scales the rest by 1 / (1 - rate).

    Keras' Dropout layer keeps a counter beside the weights: a resumed run
    would draw other masks, and every replica of a strategy draws the same
    one. Here the caller's seed decides alone.

    Args:
        inputs: any shape, any float dtype.
        seed: [2] int32.
        rate: share of the inputs that is dropped, in [0, 1).
        shared_axes: axes along which all elements are kept or dropped
            together, such as time, or height and width ("spatial dropout").

    Returns:
        Shape and dtype of `inputs`.
    """
    if not rate:
        return inputs
    shape = tf.shape(inputs)
    noise_shape = [
        1 if axis in shared_axes else shape[axis]
        for axis in range(inputs.shape.rank)
    ]
    return tf.nn.experimental.stateless_dropout(
        inputs, rate, seed, noise_shape=noise_shape
    )
