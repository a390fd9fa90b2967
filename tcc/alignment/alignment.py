"""The alignment loss as one function, with the original's name and defaults."""

import tensorflow as tf

from tcc.alignment import checks, deterministic, similarity, stochastic


def compute_alignment_loss(
    embs: tf.Tensor,
    batch_size: int | tf.Tensor,
    steps: tf.Tensor | None = None,
    seq_lens: tf.Tensor | None = None,
    stochastic_matching: bool = False,
    normalize_embeddings: bool = False,
    loss_type: str = "classification",
    similarity_type: str = "l2",
    num_cycles: int | tf.Tensor = 20,
    cycle_length: int = 2,
    temperature: float | tf.Tensor = 0.1,
    label_smoothing: float = 0.1,
    variance_lambda: float = 0.001,
    huber_delta: float = 0.1,
    normalize_indices: bool = True,
    *,
    seed: tf.Tensor | None = None,
) -> tf.Tensor:
    """Temporal cycle-consistency loss of a batch of videos of one action.

    Every step of a video looks for its soft nearest neighbour in another video,
    which looks back; the loss is the distance between where this cycle began
    and where it ended. Paper: section 3. Follows the original's `alignment.py`.

    Args:
      embs: [N, T, D] floating, embeddings of T steps of each of N videos. The
        loss is computed in float32; the gradient has the dtype of `embs`.
      batch_size: N.
      steps: [N, T] integer, which frames of the whole videos the steps are;
        None means 0, 1, ..., T - 1.
      seq_lens: [N] integer, frames of the whole videos, positive; None means T.
      stochastic_matching: Random cycles (`tcc.alignment.stochastic`) instead
        of all pairs of videos (`tcc.alignment.deterministic`).
      normalize_embeddings: Scale embeddings to length 1 first.
      loss_type: "classification", "regression_mse", "regression_mse_var" or
        "regression_huber"; see `tcc.alignment.losses`.
      similarity_type: "l2", "cosine" or "true_cosine"; see
        `tcc.alignment.similarity`.
      num_cycles: Of stochastic matching, how many cycles.
      cycle_length: Of stochastic matching, videos in a cycle, at most N.
      temperature: Of the softmax over similarities, positive.
      label_smoothing: Of "classification", between 0 and 1.
      variance_lambda: Of "regression_mse_var", weight of log sigma^2.
      huber_delta: Of "regression_huber", in the unit of time, positive.
      normalize_indices: Whether times are fractions of the video (steps /
        seq_lens) or frames.
      seed: [2] integer, for the draws of stochastic matching; None draws afresh
        every time.

    Returns:
      Scalar float32.

    Raises:
      ValueError: An impossible value, or shapes that do not fit.
    """
    embs = similarity.as_float32(embs)
    checks.rank("embs", embs, ["N", "T", "D"])
    num_steps = embs.shape[1]
    if num_steps is None:
        num_steps = tf.shape(embs)[1]
    if steps is None:
        steps = tf.tile(tf.range(num_steps)[tf.newaxis], [batch_size, 1])
    if seq_lens is None:
        seq_lens = tf.fill([batch_size], num_steps)
    if normalize_embeddings:
        embs = tf.math.l2_normalize(embs, axis=-1)
    if stochastic_matching:
        return stochastic.compute_stochastic_alignment_loss(
            embs,
            steps,
            seq_lens,
            num_steps,
            batch_size,
            loss_type,
            similarity_type,
            num_cycles,
            cycle_length,
            temperature,
            label_smoothing,
            variance_lambda,
            huber_delta,
            normalize_indices,
            seed=seed,
        )
    return deterministic.compute_deterministic_alignment_loss(
        embs,
        steps,
        seq_lens,
        num_steps,
        batch_size,
        loss_type,
        similarity_type,
        temperature,
        label_smoothing,
        variance_lambda,
        huber_delta,
        normalize_indices,
    )
