"""How far a cycle ends from where it began: losses on the logits of matching.

A row of logits says how much each step of a video resembles the soft nearest
neighbour that came back to it. With beta = softmax(logits), the paper asks
that beta peaks at the step where the cycle began, either as a classification
over the steps or as a regression on their times. Follows the original's
`losses.py`.

Every argument may have more leading dimensions than the [rows, T] of the
original, with size 1 where one value serves all: the deterministic matching
passes one set of steps per video instead of one per row.
"""

import tensorflow as tf

from tcc.alignment import checks

LOSS_TYPES = (
    "classification",
    "regression_mse",
    "regression_mse_var",
    "regression_huber",
)

# The least variance of a matched time, in squared fractions of the video (or
# squared frames). The original divides by variances down to 0 and takes their
# logarithm: NaN as soon as beta is one-hot in float32. A deviation of 1e-6 of
# a video is far below a frame and just above what rounding makes of times near
# 1 (1e-7), so the floor changes nothing that was a number with a meaning;
# and the largest factor in the gradient, error^2 / floor^2, stays within
# float32 for errors up to 1e7.
MIN_VARIANCE = 1e-12


def classification_loss(
    logits: tf.Tensor, labels: tf.Tensor, label_smoothing: float
) -> tf.Tensor:
    """Cross-entropy between beta and the step where the cycle began.

        y'   = y (1 - label_smoothing) + label_smoothing / T
        loss = mean over rows of  -sum_t y'_t log beta_t

    Paper: "cycle-back classification", section 3.2.

    Args:
      logits: [rows, T] floating.
      labels: [rows, T], one-hot; no gradient flows to them.
      label_smoothing: Between 0 and 1.

    Returns:
      Scalar float32.

    Raises:
      ValueError: Shapes do not fit, or label_smoothing is outside [0, 1].
    """
    return tf.reduce_mean(
        _classification_losses(
            *_float_rows(logits, labels), label_smoothing=label_smoothing
        )
    )


def regression_loss(
    logits: tf.Tensor,
    labels: tf.Tensor,
    num_steps: int | tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    loss_type: str,
    normalize_indices: bool,
    variance_lambda: float,
    huber_delta: float,
) -> tf.Tensor:
    """Distance in time between where the cycle began and where it ended.

    With the times t = steps / seq_lens (or steps):

        true = sum_t label_t t        mu = sum_t beta_t t

    - regression_mse: mean (true - mu)^2
    - regression_mse_var: with sigma^2 = sum_t beta_t (t - mu)^2,
      mean [(true - mu)^2 / sigma^2 + variance_lambda log sigma^2]
    - regression_huber: mean of e^2 / 2 where |e| = |true - mu| <= huber_delta,
      else huber_delta (|e| - huber_delta / 2)

    Paper: "cycle-back regression", section 3.2, equation 4. sigma^2 is at least
    `MIN_VARIANCE`, so that loss and gradient are finite when beta is one-hot;
    the original gave NaN there.

    Args:
      logits: [rows, T] floating.
      labels: [rows, T], one-hot; no gradient flows to them.
      num_steps: T.
      steps: [rows, T], frame indices of the T steps in the whole video.
      seq_lens: [rows], frames of the whole video, positive.
      loss_type: "regression_mse", "regression_mse_var", "regression_huber".
      normalize_indices: Whether times are fractions of the video or frames.
      variance_lambda: Weight of log sigma^2.
      huber_delta: Error at which the Huber loss turns linear, in the unit of
        time; positive.

    Returns:
      Scalar float32.

    Raises:
      ValueError: Shapes do not fit, or an unknown loss_type.
    """
    checks.one_of("loss_type", loss_type, LOSS_TYPES[1:])
    checks.equal("num_steps", num_steps, logits.shape[-1], "logits")
    return tf.reduce_mean(
        cycle_losses(
            logits,
            labels,
            steps,
            seq_lens,
            loss_type=loss_type,
            label_smoothing=0.0,
            variance_lambda=variance_lambda,
            huber_delta=huber_delta,
            normalize_indices=normalize_indices,
        )
    )


def cycle_losses(
    logits: tf.Tensor,
    labels: tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    *,
    loss_type: str,
    label_smoothing: float,
    variance_lambda: float,
    huber_delta: float,
    normalize_indices: bool,
) -> tf.Tensor:
    """The loss of every row, of which the losses above are the mean.

    Args:
      logits: [..., T] floating.
      labels: As logits, or 1 in some dimensions; one-hot.
      steps: As logits, or 1 in some dimensions; frame indices.
      seq_lens: As logits without T, or 1 in some dimensions; frames of the
        whole video, positive.
      loss_type: One of `LOSS_TYPES`.
      label_smoothing: Of the classification.
      variance_lambda: Of "regression_mse_var".
      huber_delta: Of "regression_huber".
      normalize_indices: Of the regressions.

    Returns:
      [...] float32.

    Raises:
      ValueError: Shapes do not fit, or an impossible value.
    """
    checks.one_of("loss_type", loss_type, LOSS_TYPES)
    logits, labels = _float_rows(logits, labels)
    if loss_type == "classification":
        return _classification_losses(
            logits, labels, label_smoothing=label_smoothing
        )
    times = _times(logits, steps, seq_lens, normalize_indices)
    beta = tf.nn.softmax(logits)
    matched_time = tf.reduce_sum(beta * times, axis=-1)
    error = tf.reduce_sum(labels * times, axis=-1) - matched_time
    if loss_type == "regression_mse":
        return tf.square(error)
    if loss_type == "regression_huber":
        return _huber(error, huber_delta)
    # No gradient through mu, where d sigma^2 / d mu is
    # -2 sum_t beta_t (t - mu) = 0.
    deviations = tf.stop_gradient(
        tf.math.squared_difference(times, matched_time[..., tf.newaxis])
    )
    variance = tf.reduce_sum(beta * deviations, axis=-1)
    variance = tf.where(variance < MIN_VARIANCE, MIN_VARIANCE, variance)
    return tf.square(error) / variance + variance_lambda * tf.math.log(variance)


def _classification_losses(
    logits: tf.Tensor, labels: tf.Tensor, *, label_smoothing: float
) -> tf.Tensor:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            "label_smoothing must be between 0 and 1. "
            f"Received: {label_smoothing}"
        )
    num_steps = tf.cast(tf.shape(logits)[-1], tf.float32)
    targets = labels * (1.0 - label_smoothing) + label_smoothing / num_steps
    return -tf.reduce_sum(targets * tf.nn.log_softmax(logits), axis=-1)


def _float_rows(
    logits: tf.Tensor, labels: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    logits = tf.cast(logits, tf.float32)
    labels = tf.stop_gradient(tf.cast(labels, tf.float32))
    if logits.shape.rank is not None and logits.shape.rank < 2:
        raise ValueError(
            "logits must have rank 2 or more: [rows, T]. "
            f"Received: shape {logits.shape}"
        )
    checks.fits("labels", labels, logits.shape)
    return logits, labels


def _times(
    logits: tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    normalize_indices: bool,
) -> tf.Tensor:
    steps = tf.stop_gradient(tf.cast(steps, tf.float32))
    checks.fits("steps", steps, logits.shape)
    if not normalize_indices:
        return steps
    seq_lens = tf.stop_gradient(tf.cast(seq_lens, tf.float32))
    checks.fits("seq_lens", seq_lens, logits.shape[:-1])
    checks.all_positive("seq_lens", seq_lens)
    return steps / seq_lens[..., tf.newaxis]


def _huber(error: tf.Tensor, delta: float) -> tf.Tensor:
    checks.positive("huber_delta", delta)
    size = tf.abs(error)
    return tf.where(
        size <= delta, 0.5 * tf.square(error), delta * (size - 0.5 * delta)
    )
