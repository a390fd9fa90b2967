"""Stochastic matching: random cycles through the videos of a batch.

A cycle visits videos c_0, c_1, ..., c_L = c_0, where L is its length. It
begins at a random step of video c_0 and hops from each video to its soft
nearest neighbour in the next:

    q_0 = a random step of video c_0
    beta_l = softmax_s s(q_{l-1}, embs[c_l]_s)
    q_l    = sum_s beta_l,s embs[c_l]_s               l = 1, ..., L

The last similarities, s(q_{L-1}, embs[c_0]_s), are the logits, and the label
is the step where the cycle began. Follows the original's
`stochastic_alignment.py`, which loops over the cycles; its `gen_cycles` draws
the cycle 0 -> 1 -> 0 only (docs/errata.md), which is mended here.

Here a hop of all cycles is two matrix products with the N T rows of the batch,
out of which each cycle takes the T of its video. That multiplies N times more
than it uses, and still is faster than gathering T rows for each cycle (on a CPU
3 times at N = 2, 8 and 16, as fast at 64): nothing of size [num_cycles, T, D]
is ever held. Memory is O(num_cycles (N T + D)), so
O(N^2 T^2 + N T D) for one cycle per step.
"""

import tensorflow as tf

from tcc.alignment import checks, losses, similarity
from tcc.alignment import cycles as draws
from tcc.alignment.cycles import gen_cycles


def _align_single_cycle(
    cycle: tf.Tensor,
    embs: tf.Tensor,
    cycle_length: int,
    num_steps: int | tf.Tensor,
    similarity_type: str,
    temperature: float | tf.Tensor,
    *,
    start_frame: tf.Tensor | None = None,
    seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Takes one cycle round; `_align` does the same for many at once.

    Args:
      cycle: [cycle_length + 1] integer, the videos it visits.
      embs: [N, T, D] floating.
      cycle_length: L, hops.
      num_steps: T.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax, positive.
      start_frame: Scalar integer, the step where it begins; None draws it.
      seed: [2] integer, for that draw; None draws afresh every time.

    Returns:
      logits [T] float32, the similarities of the last hop.
      labels [T] float32, one-hot of the step where it began.

    Raises:
      ValueError: An impossible value, or shapes that do not fit.
    """
    cycle = tf.convert_to_tensor(cycle)
    checks.rank("cycle", cycle, ["cycle_length + 1"])
    if start_frame is not None:
        start_frame = tf.reshape(start_frame, [1])
    logits, labels = _align(
        cycle[tf.newaxis],
        embs,
        num_steps,
        1,
        cycle_length,
        similarity_type,
        temperature,
        start_frames=start_frame,
        seed=seed,
    )
    return logits[0], labels[0]


def _align(
    cycles: tf.Tensor,
    embs: tf.Tensor,
    num_steps: int | tf.Tensor,
    num_cycles: int | tf.Tensor,
    cycle_length: int,
    similarity_type: str,
    temperature: float | tf.Tensor,
    *,
    start_frames: tf.Tensor | None = None,
    seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Takes every cycle round, from a step of its first video back to it.

    Args:
      cycles: [num_cycles, cycle_length + 1] integer, the videos they visit.
      embs: [N, T, D] floating.
      num_steps: T.
      num_cycles: Rows of `cycles`.
      cycle_length: L, hops.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax, positive.
      start_frames: [num_cycles] integer, the step of the first video where
        each begins; None draws them, all steps equally likely.
      seed: [2] integer, for that draw; None draws afresh every time.

    Returns:
      logits [num_cycles, T] float32, the similarities of the last hop.
      labels [num_cycles, T] float32, one-hot of the step where it began.

    Raises:
      ValueError: An impossible value, or shapes that do not fit.
    """
    similarity.check(similarity_type, temperature)
    embs, cycles = similarity.as_float32(embs), tf.convert_to_tensor(cycles)
    checks.rank("embs", embs, ["N", "T", "D"])
    checks.equal("num_steps", num_steps, embs.shape[1], "embs [N, T, D]")
    expected = [tf.get_static_value(num_cycles), cycle_length + 1]
    checks.shape("cycles", cycles, tf.TensorShape(expected))
    if start_frames is None:
        start_frames = draws.draw_start_frames(num_cycles, num_steps, seed)
    start_frames = tf.cast(start_frames, tf.int32)
    checks.shape("start_frames", start_frames, cycles.shape[:1])
    checks.in_range("cycles", cycles, embs.shape[0], "videos of embs")
    checks.in_range(
        "start_frames", start_frames, embs.shape[1], "steps of embs"
    )

    embs = similarity.to_its_length(embs, similarity_type)
    embs -= similarity.origin_for(embs, similarity_type)
    firsts = tf.cast(cycles[:, 0], tf.int32)
    queries = tf.gather_nd(embs, tf.stack([firsts, start_frames], axis=1))
    for hop in range(1, cycle_length + 1):
        visits = tf.one_hot(cycles[:, hop], tf.shape(embs)[0])
        logits = _similarities(
            queries, embs, visits, similarity_type, temperature
        )
        if hop < cycle_length:
            queries = similarity.to_its_length(
                _soft_neighbours(tf.nn.softmax(logits), embs, visits),
                similarity_type,
            )
    return logits, tf.one_hot(start_frames, num_steps)


def compute_stochastic_alignment_loss(
    embs: tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    num_steps: int | tf.Tensor,
    batch_size: int | tf.Tensor,
    loss_type: str,
    similarity_type: str,
    num_cycles: int | tf.Tensor,
    cycle_length: int,
    temperature: float | tf.Tensor,
    label_smoothing: float,
    variance_lambda: float,
    huber_delta: float,
    normalize_indices: bool,
    *,
    cycles: tf.Tensor | None = None,
    start_frames: tf.Tensor | None = None,
    seed: tf.Tensor | None = None,
) -> tf.Tensor:
    """Mean loss of random cycles; steps and lengths are the first videos'.

    Args:
      embs: [N, T, D] floating; the loss is computed in float32 and the
        gradient has the dtype of `embs`.
      steps: [N, T] integer, frame indices of the steps in the whole videos.
      seq_lens: [N] integer, frames of the whole videos.
      num_steps: T.
      batch_size: N.
      loss_type: One of `losses.LOSS_TYPES`.
      similarity_type: "l2", "cosine" or "true_cosine".
      num_cycles: How many cycles are drawn.
      cycle_length: Videos in a cycle, at most N.
      temperature: Of the softmax, positive.
      label_smoothing: Of loss_type="classification", between 0 and 1.
      variance_lambda: Of loss_type="regression_mse_var".
      huber_delta: Of loss_type="regression_huber", positive.
      normalize_indices: Whether times are fractions of the video or frames.
      cycles: [num_cycles, cycle_length + 1] integer; None draws them.
      start_frames: [num_cycles] integer, steps of the first videos where the
        cycles begin; None draws them.
      seed: [2] integer, for both draws; None draws afresh every time.

    Returns:
      Scalar float32.

    Raises:
      ValueError: An impossible value, or shapes that do not fit.
    """
    checks.one_of("loss_type", loss_type, losses.LOSS_TYPES)
    draws.check(num_cycles, batch_size, cycle_length)
    embs = similarity.as_float32(embs)
    steps = tf.convert_to_tensor(steps)
    seq_lens = tf.convert_to_tensor(seq_lens)
    checks.batch(embs, steps, seq_lens, num_steps, batch_size)
    seeds = tf.unstack(
        tf.random.split(draws.seed_or_fresh(seed), 2, alg="philox")
    )
    if cycles is None:
        cycles = gen_cycles(num_cycles, batch_size, cycle_length, seed=seeds[0])
    logits, labels = _align(
        cycles,
        embs,
        num_steps,
        num_cycles,
        cycle_length,
        similarity_type,
        temperature,
        start_frames=start_frames,
        seed=seeds[1],
    )
    firsts = tf.convert_to_tensor(cycles)[:, 0]
    row_losses = losses.cycle_losses(
        logits,
        labels,
        tf.gather(steps, firsts),
        tf.gather(seq_lens, firsts),
        loss_type=loss_type,
        label_smoothing=label_smoothing,
        variance_lambda=variance_lambda,
        huber_delta=huber_delta,
        normalize_indices=normalize_indices,
    )
    return tf.reduce_mean(row_losses)


def _similarities(
    queries: tf.Tensor,
    embs: tf.Tensor,
    visits: tf.Tensor,
    similarity_type: str,
    temperature: float | tf.Tensor,
) -> tf.Tensor:
    """s(q, embs[v]_s) of each query q [C, D] with its video v -> [C, T].

    `visits` [C, N] is one-hot of v.
    """
    n, t, d = tf.unstack(tf.shape(embs))
    to_all = tf.matmul(queries, tf.reshape(embs, [n * t, d]), transpose_b=True)
    # A product with a one-hot row picks exactly (the other terms are zeros)
    # and, unlike a gather, has a gradient without scatter.
    products = tf.matmul(visits[:, tf.newaxis], tf.reshape(to_all, [-1, n, t]))
    values = products[:, 0]
    if similarity_type == "l2":
        values = -similarity.squared_distances(
            values,
            similarity.squared_norms(queries)[:, tf.newaxis],
            tf.matmul(visits, similarity.squared_norms(embs)),
        )
    return values * similarity.factor(d, temperature, similarity_type)


def _soft_neighbours(
    beta: tf.Tensor, embs: tf.Tensor, visits: tf.Tensor
) -> tf.Tensor:
    """sum_s beta_s embs[v]_s: weights [C, T] over the steps of v -> [C, D]."""
    n, t, d = tf.unstack(tf.shape(embs))
    weights = visits[:, :, tf.newaxis] * beta[:, tf.newaxis, :]
    return tf.matmul(
        tf.reshape(weights, [-1, n * t]), tf.reshape(embs, [n * t, d])
    )
