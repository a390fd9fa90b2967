"""The groups of videos from which batches are drawn.

A batch holds videos of one data set, or of one action of it: what is aligned
must show the same action.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from absl import logging

from tcc.configs import schema

_ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class Group:
    """Videos of which a batch may consist.

    Attributes:
        videos: int64 [V], their numbers, or those of their recordings.
        name: For error messages.
        weight: How often it gives a batch, relative to the others.
        num_short: Videos that were left out because they are too short.
    """

    videos: np.ndarray
    name: str
    weight: float
    num_short: int = 0


def by_dataset(
    videos: Sequence[np.ndarray], config: schema.DataConfig
) -> list[Group]:
    """Makes one group of each data set.

    Args:
        videos: int64 [V] for each data set.
        config: Their names and weights.
    """
    weights = config.sampling_weights or (1.0,) * len(videos)
    return [
        Group(numbers, name, weight)
        for numbers, name, weight in zip(
            videos, config.datasets, weights, strict=True
        )
    ]


def by_action(
    groups: Sequence[Group], labels: Sequence[np.ndarray]
) -> list[Group]:
    """Divides each group by the actions of its videos.

    Args:
        groups: Of data sets. Their weight is shared evenly by their actions.
        labels: int64 [V] for each group, actions, -1 none.

    Raises:
        ValueError: If a video has no action.
    """
    divided = []
    for group, actions in zip(groups, labels, strict=True):
        found = np.unique(actions)
        if found[0] < 0:
            raise ValueError(
                'data.batch_by="action" needs videos with action labels; of '
                f"data set {group.name} {np.sum(actions < 0)} of "
                f'{len(actions)} have none. Use data.batch_by="dataset".'
            )
        divided += [
            Group(
                group.videos[actions == action],
                f"{group.name}, action {action}",
                group.weight / len(found),
            )
            for action in found
        ]
    return divided


def long_enough(
    groups: Sequence[Group], seq_lens: np.ndarray, min_seq_len: int
) -> list[Group]:
    """Leaves out what is too short, and says how much that is.

    Args:
        groups: Any.
        seq_lens: int64 [V], frames of each video, or of the shortest view of
            each recording.
        min_seq_len: Frames.

    Returns:
        The groups that still have videos.

    Raises:
        ValueError: If none has.
    """
    kept = []
    for group in groups:
        is_short = seq_lens[group.videos] < min_seq_len
        num_short = int(is_short.sum())
        if num_short:
            logging.warning(
                "%d of %d videos of data set %s have fewer than %d frames and "
                "are left out of training.",
                num_short,
                len(is_short),
                group.name,
                min_seq_len,
            )
        if num_short < len(is_short):
            kept.append(
                dataclasses.replace(
                    group, videos=group.videos[~is_short], num_short=num_short
                )
            )
    if not kept:
        raise ValueError(
            f"The objective needs videos of at least {min_seq_len} frames, and "
            "all are shorter: the longest of data set(s) "
            f"{', '.join(group.name for group in groups)} has "
            f"{max(seq_lens, default=0)}. Prepare longer videos, or keep more "
            "of their frames (--fps)."
        )
    return kept


def limit(
    groups: Sequence[Group], config: schema.DataConfig, *, at_least: int
) -> list[Group]:
    """Keeps of each group the part to train on.

    Args:
        groups: Any.
        config: The number or share of videos; of a share at least one stays.
        at_least: Videos that every group must keep, for one batch.

    Raises:
        ValueError: If a group is too small for a batch.
    """
    limited = []
    for group in groups:
        count = len(group.videos)
        if config.max_train_videos:
            count = min(count, config.max_train_videos)
        # 0.29 of 100 is 28.999... in binary.
        share = math.floor(config.train_fraction * count + _ROUNDING)
        count = min(count, max(1, share))
        if count < at_least:
            part = ""
            if count < len(group.videos):
                part = (
                    f" (of {len(group.videos)}, by data.max_train_videos="
                    f"{config.max_train_videos} and data.train_fraction="
                    f"{config.train_fraction})"
                )
            if group.num_short:
                part += f", not counting {group.num_short} that are too short"
            raise ValueError(
                "batch_size must be at most the number of videos in split "
                f"{config.train_split!r} of data set {group.name}, which is "
                f"{count}{part}: lower train.batch_size or add videos. "
                f"Received: {at_least}"
            )
        limited.append(dataclasses.replace(group, videos=group.videos[:count]))
    return limited
