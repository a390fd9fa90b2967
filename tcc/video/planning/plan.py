"""Which videos make the batch of a training step.

Videos are in groups (one per data set, or per action), and a batch comes from
one group. The plan is a pure function of the seed and the step, so a run can
be continued at any step without reading what came before.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tcc.video import seeds

_FOREVER = np.iinfo(np.int64).max
_BLOCK = 1024  # groups are drawn for so many steps at once
_CHOICE, _ORDER = 0, 1  # purposes of a draw, folded into the seed


def batches(
    groups: Sequence[np.ndarray],
    *,
    batch_size: int,
    seed: tf.Tensor,
    start_step: int = 0,
    weights: Sequence[float] | None = None,
) -> tf.data.Dataset:
    """Plans the batches of all steps from `start_step` on.

    The group of a step is drawn by the groups' weights. Inside a group, batches
    follow one another in epochs: each epoch is a new random order of all its
    videos, cut into batches; the len(group) % batch_size videos that are left
    over at its end are other ones in every epoch. So a batch never holds a
    video twice.

    Args:
        groups: int64 [size of the group] each, the videos' numbers.
        batch_size: Videos in a batch, at most the size of every group.
        seed: int32 [2].
        start_step: The first step that is planned.
        weights: How often each group is drawn, in any unit; None is alike.

    Returns:
        An endless data set of (step: int64 scalar, videos: int64
        [batch_size]).
    """
    if len(groups) == 1:
        planned = _epochs(groups[0], 0, start_step, batch_size, seed)
    else:
        shares = _cumulative_shares(weights or [1.0] * len(groups))
        starts = _count_choices(shares, start_step, seed)
        planned = tf.data.Dataset.choose_from_datasets(
            [
                _epochs(group, index, int(start), batch_size, seed)
                for index, (group, start) in enumerate(
                    zip(groups, starts, strict=True)
                )
            ],
            _choices(shares, start_step, seed),
        )
    steps = tf.data.Dataset.range(start_step, _FOREVER)
    return tf.data.Dataset.zip(steps, planned)


def _epochs(
    group: np.ndarray,
    index: int,
    start: int,
    batch_size: int,
    seed: tf.Tensor,
) -> tf.data.Dataset:
    """Returns the batches [batch_size] of one group from the `start`-th on."""
    in_epoch = len(group) // batch_size
    first_epoch, skipped = divmod(start, in_epoch)

    def order(epoch: tf.Tensor) -> tf.data.Dataset:
        shuffled = tf.random.experimental.stateless_shuffle(
            group, seed=seeds.fold(seed, _ORDER, index, epoch)
        )
        kept = shuffled[: in_epoch * batch_size]
        return tf.data.Dataset.from_tensor_slices(
            tf.reshape(kept, [in_epoch, batch_size])
        )

    epochs = tf.data.Dataset.range(first_epoch, _FOREVER)
    return epochs.flat_map(order).skip(skipped)


def _cumulative_shares(weights: Sequence[float]) -> np.ndarray:
    """Returns float64 [groups]: the upper end of each group's share of 1."""
    ends = np.cumsum(np.asarray(weights, np.float64))
    ends /= ends[-1]
    return ends


def _draw_choices(
    shares: np.ndarray, block: tf.Tensor | int, seed: tf.Tensor
) -> tf.Tensor:
    """Returns int64 [_BLOCK], the groups of the steps of one block."""
    drawn = tf.random.stateless_uniform(
        [_BLOCK], seeds.fold(seed, _CHOICE, block), dtype=tf.float64
    )
    return tf.searchsorted(
        tf.constant(shares), drawn, side="right", out_type=tf.int64
    )


def _choices(
    shares: np.ndarray, start_step: int, seed: tf.Tensor
) -> tf.data.Dataset:
    """Returns the groups of all steps from `start_step` on."""
    first_block, skipped = divmod(start_step, _BLOCK)
    blocks = tf.data.Dataset.range(first_block, _FOREVER)
    return blocks.flat_map(
        lambda block: tf.data.Dataset.from_tensor_slices(
            _draw_choices(shares, block, seed)
        )
    ).skip(skipped)


def _count_choices(
    shares: np.ndarray, start_step: int, seed: tf.Tensor
) -> np.ndarray:
    """Returns how often each group was drawn before `start_step`."""
    counts = np.zeros(len(shares), np.int64)
    for begin in range(0, start_step, _BLOCK):
        drawn = _draw_choices(shares, begin // _BLOCK, seed).numpy()
        drawn = drawn[: start_step - begin]
        counts += np.bincount(drawn, minlength=len(shares))
    return counts
