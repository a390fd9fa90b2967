"""Videos of one moment from several cameras.

Which videos are views of one recording is told by their names. The cameras
are synchronised: frame i of one view is the moment of frame i of another, so
all views of a recording have the same number of frames.
"""

import re
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def find_recordings(
    names: Sequence[str],
    seq_lens: Sequence[int],
    *,
    pattern: str,
    dataset: str,
) -> np.ndarray:
    """Finds the views of each recording.

    Args:
        names: Of the videos of a data set.
        seq_lens: Frames of each.
        pattern: Regular expression of whole names; its group names the
            recording.
        dataset: For error messages.

    Returns:
        int64 [recordings, most views], indices of videos, -1 behind the last.

    Raises:
        ValueError: If a name does not fit, a recording has one view only, or
            views of different lengths.
    """
    recordings: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        match = re.fullmatch(pattern, name)
        if not match:
            raise ValueError(
                f"data.view_pattern must fit the names of all videos of "
                f"{dataset}, such as {name!r}. Received: {pattern!r}"
            )
        recordings.setdefault(match[1], []).append(index)
    for recording, videos in recordings.items():
        lengths = {names[i]: seq_lens[i] for i in videos}
        if len(videos) < 2:
            raise ValueError(
                f"recording {recording!r} of {dataset} must have two views or "
                f"more (data.view_pattern={pattern!r}). Received: "
                f"{names[videos[0]]!r} only"
            )
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"the views of recording {recording!r} of {dataset} must have "
                "the same number of frames, one for each moment: cut them "
                f"before preparing. Received: {lengths}"
            )
    most = max(map(len, recordings.values()), default=0)
    table = np.full((len(recordings), most), -1, np.int64)
    for row, videos in zip(table, recordings.values(), strict=True):
        row[: len(videos)] = videos
    return table


def draw_views(
    recordings: tf.Tensor, chosen: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Draws two different views of each chosen recording, in any order.

    Args:
        recordings: int64 [recordings, most views], from `find_recordings`.
        chosen: int64 [R], rows of it.
        seed: int32 [2].

    Returns:
        int64 [2 R]: two views of the first recording, two of the second, ...
    """
    views = tf.gather(recordings, chosen)
    order = tf.random.stateless_uniform(tf.shape(views), seed)
    order = tf.where(views >= 0, order, -1.0)  # what is not there comes last
    places = tf.math.top_k(order, 2).indices
    return tf.reshape(tf.gather(views, places, batch_dims=1), [-1])
