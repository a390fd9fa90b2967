"""Which frames of a video are seen: steps, and the context of each step.

Pure functions on tensors: they work in eager mode, in `tf.function` and inside
tf.data. Steps are int64 frame indices in the whole video, always in
[0, seq_len - 1]; those drawn here are sorted. Follows the original's
`datasets.py` (its sampling of steps) with defect 14 of docs/errata.md mended.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from tcc.configs import schema

# Takes what is known of a video and a seed (int32 [2]), returns int64 [T] in
# [0, seq_len - 1], T static. Of a video are known "seq_len" (int64 scalar) and
# the fields of its record but its frames, such as "frame_labels" (int64 [L])
# and "label" (int64 scalar).
StepSampler = Callable[[Mapping[str, tf.Tensor], tf.Tensor], tf.Tensor]


def offset_uniform(
    seq_len: tf.Tensor,
    seed: tf.Tensor,
    *,
    num_steps: int,
    random_offset: int = 1,
) -> tf.Tensor:
    """Draws steps without replacement from [random_offset, seq_len), sorted.

    With the default offset of 1, which the original has, frame 0 is never
    drawn; `random_offset=0` includes it.

    A video with fewer than `num_steps` frames to draw from gives all of them,
    each once, and repeats its last frame for the rest: the original's steps,
    which ran past the end, clamped to it. So 4 steps of 3 frames are
    [1, 2, 2, 2].

    Args:
        seq_len: int64 scalar, frames of the video, at least 1.
        seed: int32 [2].
        num_steps: T, at least 1.
        random_offset: The first frame that may be drawn.

    Returns:
        int64 [T], sorted.
    """
    seq_len = tf.cast(seq_len, tf.int64)
    span = tf.maximum(seq_len - random_offset, num_steps)
    drawn = tf.random.experimental.stateless_shuffle(tf.range(span), seed=seed)
    drawn = tf.ensure_shape(drawn[:num_steps], [num_steps])
    return tf.minimum(tf.sort(drawn) + random_offset, seq_len - 1)


def stride(
    seq_len: tf.Tensor, seed: tf.Tensor, *, num_steps: int, stride: int
) -> tf.Tensor:
    """Draws a first step, then takes every `stride`-th frame.

    The first step is uniform over all that let the last step fall inside the
    video. If none does it is 0, and the steps past the end are clamped to the
    last frame.

    Args:
        seq_len: int64 scalar, frames of the video, at least 1.
        seed: int32 [2].
        num_steps: T, at least 1.
        stride: Frames between two steps, at least 1.

    Returns:
        int64 [T], sorted.
    """
    seq_len = tf.cast(seq_len, tf.int64)
    length = stride * (num_steps - 1)
    first = tf.random.stateless_uniform(
        [],
        seed,
        minval=0,
        maxval=tf.maximum(seq_len - length, 1),
        dtype=tf.int64,
    )
    steps = first + stride * tf.range(num_steps, dtype=tf.int64)
    return tf.minimum(steps, seq_len - 1)


def all_steps(seq_len: tf.Tensor, *, stride: int = 1) -> tf.Tensor:
    """Returns every `stride`-th frame from frame 0 on, for evaluation.

    Args:
        seq_len: int64 scalar, frames of the video.
        stride: Frames between two steps, at least 1.

    Returns:
        int64 [ceil(seq_len / stride)].
    """
    return tf.range(tf.cast(seq_len, tf.int64), delta=stride)


def context_steps(
    steps: tf.Tensor,
    seq_len: tf.Tensor,
    *,
    num_context: int,
    context_stride: int,
) -> tf.Tensor:
    """Returns the frames that the embedding of each step sees.

    Past only: a step s sees s - (C - 1) * context_stride, ...,
    s - context_stride, s, clamped to [0, seq_len - 1]. Strides count original
    frames, in training as in evaluation.

    Args:
        steps: int64 [...], frame indices.
        seq_len: int64 scalar, frames of the video.
        num_context: C, at least 1.
        context_stride: Frames between two context frames, at least 1.

    Returns:
        int64 [..., C].
    """
    offsets = context_stride * tf.range(1 - num_context, 1, dtype=tf.int64)
    frames = tf.cast(steps, tf.int64)[..., tf.newaxis] + offsets
    return tf.clip_by_value(frames, 0, tf.cast(seq_len, tf.int64) - 1)


def step_sampler(config: schema.DataConfig) -> StepSampler:
    """Returns the sampling of training steps that `config` asks for.

    Raises:
        ValueError: If `config.sampling` is unknown. "all" is not offered
            here: the clips of a batch have one number of steps.
    """

    def draw_offset_uniform(
        video: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> tf.Tensor:
        return offset_uniform(
            video["seq_len"],
            seed,
            num_steps=config.num_steps,
            random_offset=config.random_offset,
        )

    def draw_stride(
        video: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> tf.Tensor:
        return stride(
            video["seq_len"],
            seed,
            num_steps=config.num_steps,
            stride=config.stride,
        )

    samplers = {"offset_uniform": draw_offset_uniform, "stride": draw_stride}
    if config.sampling not in samplers:
        raise ValueError(
            f"data.sampling must be one of {', '.join(samplers)}. "
            f"Received: {config.sampling!r}"
        )
    return samplers[config.sampling]
