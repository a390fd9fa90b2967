"""Deterministic matching: every step of every video, against every other video.

For an ordered pair of videos u, v [T, D] and a step t of u, the soft nearest
neighbour of u_t in v (the paper's equations 1 and 2) is

    alpha = softmax_s s(u_t, v_s)        v~_t = sum_s alpha_s v_s

and the logits say to which step of u it comes back:

    logits_t = [s(v~_t, u_1), ..., s(v~_t, u_T)],   labels = identity.

Follows the original's `deterministic_alignment.py`, which loops over the
N (N - 1) pairs. `align_all_pairs` does them all at once, from one product of
all rows with all rows, in memory O(N^2 T^2).
"""

import tensorflow as tf

from tcc.alignment import checks, losses, similarity


def pairwise_l2_distance(embs1: tf.Tensor, embs2: tf.Tensor) -> tf.Tensor:
    """Squared distances ||a - b||^2 of all pairs of rows.

    Args:
      embs1: [M, D] floating.
      embs2: [K, D] floating.

    Returns:
      [M, K] float32, at least 0.

    Raises:
      ValueError: Ranks or channels do not fit.
    """
    embs1, embs2 = _check_pair(embs1, embs2)
    origin = similarity.origin_for(embs2, "l2")
    return _distances(embs1 - origin, embs2 - origin)


def get_scaled_similarity(
    embs1: tf.Tensor,
    embs2: tf.Tensor,
    similarity_type: str,
    temperature: float | tf.Tensor,
) -> tf.Tensor:
    """s(a, b) of all pairs of rows; see `tcc.alignment.similarity`.

    Args:
      embs1: [M, D] floating.
      embs2: [K, D] floating.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax over the similarities, positive.

    Returns:
      [M, K] float32.

    Raises:
      ValueError: Ranks or channels do not fit, an unknown similarity_type, or
        a temperature that is not positive.
    """
    similarity.check(similarity_type, temperature)
    embs1, embs2 = _check_pair(embs1, embs2)
    embs1 = similarity.to_its_length(embs1, similarity_type)
    embs2 = similarity.to_its_length(embs2, similarity_type)
    origin = similarity.origin_for(embs2, similarity_type)
    return _similarities(
        embs1 - origin, embs2 - origin, similarity_type, temperature
    )


def align_pair_of_sequences(
    embs1: tf.Tensor,
    embs2: tf.Tensor,
    similarity_type: str,
    temperature: float | tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cycles every step of one video through another and back.

        v~ = softmax(s(u, v)) v        logits = s(v~, u)

    Args:
      embs1: [M, D] floating, the video u where the cycles begin and end.
      embs2: [K, D] floating, the video v in between.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax, positive.

    Returns:
      logits [M, M] float32: row t says where the cycle of step t ends.
      labels [M, M] float32: the identity, as it should end where it began.

    Raises:
      ValueError: As `get_scaled_similarity`.
    """
    similarity.check(similarity_type, temperature)
    embs1, embs2 = _check_pair(embs1, embs2)
    embs1 = similarity.to_its_length(embs1, similarity_type)
    embs2 = similarity.to_its_length(embs2, similarity_type)
    origin = similarity.origin_for(embs2, similarity_type)
    embs1, embs2 = embs1 - origin, embs2 - origin
    alpha = tf.nn.softmax(
        _similarities(embs1, embs2, similarity_type, temperature)
    )
    neighbours = similarity.to_its_length(
        tf.matmul(alpha, embs2), similarity_type
    )
    logits = _similarities(neighbours, embs1, similarity_type, temperature)
    return logits, tf.eye(tf.shape(logits)[0])


def compute_deterministic_alignment_loss(
    embs: tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    num_steps: int | tf.Tensor,
    batch_size: int | tf.Tensor,
    loss_type: str,
    similarity_type: str,
    temperature: float | tf.Tensor,
    label_smoothing: float,
    variance_lambda: float,
    huber_delta: float,
    normalize_indices: bool,
) -> tf.Tensor:
    """Mean loss of the cycles of every step over all N (N - 1) ordered pairs.

    The value of `align_pair_of_sequences` for each pair i != j and a loss on
    all rows, where the steps and length of a row are those of video i.

    Args:
      embs: [N, T, D] floating; the loss is computed in float32 and the
        gradient has the dtype of `embs`.
      steps: [N, T] integer, frame indices of the steps in the whole videos.
      seq_lens: [N] integer, frames of the whole videos.
      num_steps: T.
      batch_size: N, at least 2.
      loss_type: One of `losses.LOSS_TYPES`.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax, positive.
      label_smoothing: Of loss_type="classification", between 0 and 1.
      variance_lambda: Of loss_type="regression_mse_var".
      huber_delta: Of loss_type="regression_huber", positive.
      normalize_indices: Whether times are fractions of the video or frames.

    Returns:
      Scalar float32.

    Raises:
      ValueError: An impossible value, or shapes that do not fit.
    """
    checks.one_of("loss_type", loss_type, losses.LOSS_TYPES)
    similarity.check(similarity_type, temperature)
    embs = similarity.as_float32(embs)
    steps = tf.convert_to_tensor(steps)
    seq_lens = tf.convert_to_tensor(seq_lens)
    checks.batch(embs, steps, seq_lens, num_steps, batch_size)
    checks.at_least("batch_size", batch_size, 2)
    logits = align_all_pairs(embs, similarity_type, temperature)
    # One row of steps serves all the rows of its video: [N, 1, 1, T].
    row_losses = losses.cycle_losses(
        logits,
        tf.eye(tf.shape(embs)[1])[tf.newaxis, tf.newaxis],
        steps[:, tf.newaxis, tf.newaxis],
        seq_lens[:, tf.newaxis, tf.newaxis],
        loss_type=loss_type,
        label_smoothing=label_smoothing,
        variance_lambda=variance_lambda,
        huber_delta=huber_delta,
        normalize_indices=normalize_indices,
    )
    return _mean_over_pairs(row_losses)


def align_all_pairs(
    embs: tf.Tensor, similarity_type: str, temperature: float | tf.Tensor
) -> tf.Tensor:
    """The logits of all pairs of videos, up to a constant in each row.

    A softmax does not see what is added to a whole row. So where it compares
    the rows b of a video with a row a, of s(a, b) it needs, with the factor
    k = 1 / (D * temperature), only

        l2:      k (2 a . b - ||b||^2)        as ||a||^2 is the same for all b
        cosine:  k a . b

    With the products P_ij = u_i u_j' [T, T] of all videos i and j, the weights
    of the soft nearest neighbours of video i in video j are

        alpha_ij = softmax(k (2 P_ij - ||u_j||^2)),

    and the neighbours v~ = alpha_ij u_j are needed only in their products with
    u_i, which are v~ u_i' = alpha_ij u_j u_i' = alpha_ij P_ij':

        logits_ij = k (2 alpha_ij P_ij' - ||u_i||^2).

    So the neighbours are never computed; nor for true_cosine, where u are the
    embeddings of length 1 and ||v~||^2 = alpha_ij (u_j u_j') alpha_ij'. Loss
    and gradient are those of the original, with less rounding for large
    embeddings.

    Args:
      embs: [N, T, D] floating.
      similarity_type: "l2", "cosine" or "true_cosine".
      temperature: Of the softmax, positive.

    Returns:
      [N, N, T, T] float32, [i, j] for cycles that begin in video i and go
      through video j. The pairs of a video with itself, [i, i], are there
      because leaving them out would cost a copy of the rest.

    Raises:
      ValueError: Wrong rank, an unknown similarity_type, or a temperature that
        is not positive.
    """
    similarity.check(similarity_type, temperature)
    embs = similarity.as_float32(embs)
    checks.rank("embs", embs, ["N", "T", "D"])
    embs = similarity.to_its_length(embs, similarity_type)
    embs -= similarity.origin_for(embs, similarity_type)
    n, t, d = _sizes(embs)
    factor = similarity.factor(d, temperature, similarity_type)
    rows = tf.reshape(embs, [n * t, d])
    if similarity_type == "l2":
        scaled, norms = 2.0 * factor * rows, similarity.squared_norms(embs)
    else:
        scaled, norms = factor * rows, tf.zeros([n, t])
    products = tf.matmul(scaled, rows, transpose_b=True)
    products = tf.transpose(tf.reshape(products, [n, t, n, t]), [0, 2, 1, 3])
    norms *= factor
    alpha = tf.nn.softmax(products - norms[tf.newaxis, :, tf.newaxis])
    to_start = tf.matmul(alpha, products, transpose_b=True)
    if similarity_type == "true_cosine":
        own = tf.matmul(embs, embs, transpose_b=True)  # [N, T, T]
        squares = tf.reduce_sum(tf.matmul(alpha, own) * alpha, axis=-1)
        return to_start * similarity.inverse_lengths(squares)[..., tf.newaxis]
    return to_start - norms[:, tf.newaxis, tf.newaxis]


def _mean_over_pairs(row_losses: tf.Tensor) -> tf.Tensor:
    """Mean of [N, N, T] without the entries [i, i]; 0 for one video.

    They are masked, not cut out: with a batch size that is known only when the
    graph runs, XLA cannot compile the empty tensors that one video would give.
    """
    n, _, t = _sizes(row_losses)
    is_same = tf.eye(n, dtype=tf.bool)[..., tf.newaxis]
    total = tf.reduce_sum(tf.where(is_same, 0.0, row_losses))
    return tf.math.divide_no_nan(total, tf.cast(n * (n - 1) * t, tf.float32))


def _similarities(
    embs1: tf.Tensor,
    embs2: tf.Tensor,
    similarity_type: str,
    temperature: float | tf.Tensor,
) -> tf.Tensor:
    """`get_scaled_similarity` without checks and choice of origin."""
    if similarity_type == "l2":
        values = -_distances(embs1, embs2)
    else:
        values = tf.matmul(embs1, embs2, transpose_b=True)
    return values * similarity.factor(
        tf.shape(embs1)[-1], temperature, similarity_type
    )


def _distances(embs1: tf.Tensor, embs2: tf.Tensor) -> tf.Tensor:
    return similarity.squared_distances(
        tf.matmul(embs1, embs2, transpose_b=True),
        similarity.squared_norms(embs1)[:, tf.newaxis],
        similarity.squared_norms(embs2)[tf.newaxis, :],
    )


def _check_pair(
    embs1: tf.Tensor, embs2: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    embs1 = similarity.as_float32(embs1, "embs1")
    embs2 = similarity.as_float32(embs2, "embs2")
    checks.rank("embs1", embs1, ["M", "D"])
    checks.rank("embs2", embs2, ["K", "D"])
    checks.shape("embs2", embs2, tf.TensorShape([None, embs1.shape[-1]]))
    return embs1, embs2


def _sizes(tensor: tf.Tensor) -> list[int | tf.Tensor]:
    """The size of every dimension, static where it is known."""
    dynamic = tf.shape(tensor)
    return [
        dynamic[axis] if size is None else size
        for axis, size in enumerate(tensor.shape)
    ]
