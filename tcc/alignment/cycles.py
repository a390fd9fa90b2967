"""The random draws of stochastic matching: which videos, and from which step.

Stateless, so that a seed gives the same cycles eagerly, in a graph and
compiled.
"""

import tensorflow as tf

from tcc.alignment import checks


def gen_cycles(
    num_cycles: int | tf.Tensor,
    batch_size: int | tf.Tensor,
    cycle_length: int = 2,
    *,
    seed: tf.Tensor | None = None,
) -> tf.Tensor:
    """Draws which videos each cycle visits, all ordered choices equally likely.

    Each cycle is the beginning of a random permutation of the videos, drawn
    independently of the others, and its first video again at the end. So no
    cycle visits a video twice, and every video starts cycles.

    Args:
      num_cycles: How many.
      batch_size: N, videos to choose from.
      cycle_length: Videos in a cycle, from 1 (a video with itself) to N.
      seed: [2] integer, for the stateless draw; None draws afresh every time.

    Returns:
      [num_cycles, cycle_length + 1] int32, indices of videos.

    Raises:
      ValueError: num_cycles or cycle_length is below 1, or cycle_length
        exceeds batch_size.
    """
    check(num_cycles, batch_size, cycle_length)
    # The order of independent random numbers is a uniform permutation. All 32
    # bits, so that ties (which favour the first video) hardly ever happen.
    keys = tf.random.stateless_uniform(
        [num_cycles, batch_size],
        seed=seed_or_fresh(seed),
        minval=None,
        maxval=None,
        dtype=tf.int32,
        alg="philox",
    )
    videos = tf.math.top_k(keys, k=cycle_length).indices
    return tf.concat([videos, videos[:, :1]], axis=1)


def draw_start_frames(
    num_cycles: int | tf.Tensor,
    num_steps: int | tf.Tensor,
    seed: tf.Tensor | None,
) -> tf.Tensor:
    """Draws the steps where cycles begin, all equally likely.

    Args:
      num_cycles: How many.
      num_steps: T.
      seed: [2] integer, for the stateless draw; None draws afresh every time.

    Returns:
      [num_cycles] int32, from 0 to T - 1.
    """
    return tf.random.stateless_uniform(
        [num_cycles],
        seed=seed_or_fresh(seed),
        minval=0,
        maxval=tf.cast(num_steps, tf.int32),
        dtype=tf.int32,
        alg="philox",
    )


def seed_or_fresh(seed: tf.Tensor | None) -> tf.Tensor:
    """`seed` as [2] int32, or a new one if it is None."""
    if seed is None:
        # Inside tf.function this runs again at every call.
        return tf.random.uniform(
            [2], minval=tf.int32.min, maxval=tf.int32.max, dtype=tf.int32
        )
    seed = tf.cast(seed, tf.int32)
    checks.shape("seed", seed, tf.TensorShape([2]))
    return seed


def check(
    num_cycles: int | tf.Tensor,
    batch_size: int | tf.Tensor,
    cycle_length: int,
) -> None:
    """Raises ValueError unless there can be such cycles."""
    checks.at_least("num_cycles", num_cycles, 1)
    checks.at_least("cycle_length", cycle_length, 1)
    videos = tf.get_static_value(batch_size)
    if videos is not None and cycle_length > videos:
        raise ValueError(
            "cycle_length must be at most batch_size, because a cycle visits "
            f"no video twice. Received: cycle_length={cycle_length}, "
            f"batch_size={videos}"
        )
