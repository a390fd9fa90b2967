"""Stateless seeds: every random draw is a function of what it is for.

A seed is an int32 tensor [2], as the `tf.random.stateless_*` ops take it.
Folding numbers into it (a step, a slot of the batch, a purpose) gives
independent seeds, so that nothing depends on what was drawn before, and a run
can be continued at any step.
"""

import tensorflow as tf


def from_int(seed: int) -> tf.Tensor:
    """Returns the seed of a run.

    Args:
        seed: 0 or more, below 2**62.

    Returns:
        int32 [2], different for different `seed`.

    Raises:
        ValueError: If `seed` is out of range.
    """
    if not 0 <= seed < 2**62:
        raise ValueError(f"seed must be in [0, 2**62). Received: {seed}")
    return tf.constant([seed & 0x7FFFFFFF, seed >> 31], tf.int32)


def fold(seed: tf.Tensor, *numbers: int | tf.Tensor) -> tf.Tensor:
    """Folds numbers into a seed, one after the other.

    Args:
        seed: int32 [2].
        *numbers: Scalars; of an int64 the low 32 bits count.

    Returns:
        int32 [2]. The order of the numbers matters.
    """
    for number in numbers:
        data = tf.cast(number, tf.int32)
        seed = tf.random.experimental.stateless_fold_in(seed, data)
    return seed
