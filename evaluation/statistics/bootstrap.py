"""How far a score would move with other videos: bootstrap intervals.

The videos of the evaluation split are drawn again with replacement, as many
as there are, and the score is computed anew on each such draw; the interval
holds the middle 95 % of these scores. Frames of one video are alike, so videos
are drawn and not frames. What was learnt (the encoder, a classifier on the
training videos) stays as it is: the interval tells nothing of other trainings.
"""

import numpy as np
from scipy import sparse

Interval = tuple[float, float]

_LEVEL = 0.95
_SEED = 0


def draws(num_videos: int, *, count: int) -> np.ndarray:
    """Returns how often each video is in each draw; always the same draws.

    Args:
      num_videos: V, 1 or more.
      count: R, draws.

    Returns:
      [R, V] int64; rows sum to V.
    """
    rng = np.random.default_rng(_SEED)
    shares = np.full(num_videos, 1 / num_videos)
    return rng.multinomial(num_videos, shares, size=count)


def interval(scores: np.ndarray) -> Interval:
    """Returns the middle 95 % of the scores of the draws.

    Args:
      scores: [R] float; NaN where a draw has no score, which is left out.

    Returns:
      Lower and upper end, NaN where no draw has a score.
    """
    found = scores[np.isfinite(scores)]
    if not found.size:
        return float("nan"), float("nan")
    low, high = np.quantile(found, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def of_ratio(sums: np.ndarray, sizes: np.ndarray, *, count: int) -> Interval:
    """Returns the interval of sum(sums) / sum(sizes), as an accuracy is.

    Args:
      sums: [V] float, of each video, as its number of correct frames.
      sizes: [V] float, as its number of frames.
      count: draws.

    Returns:
      The interval; NaN for a single video, which says nothing of others.
    """
    if len(sums) < 2:
        return float("nan"), float("nan")
    drawn = draws(len(sums), count=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return interval((drawn @ sums) / (drawn @ sizes))


def of_pairs(
    pairs: np.ndarray,
    sums: np.ndarray,
    sizes: np.ndarray | None = None,
    *,
    num_videos: int,
    count: int,
) -> Interval:
    """Returns the interval of a mean over ordered pairs of videos.

    A pair counts as often as both of its videos were drawn. A video drawn
    twice makes no pair with itself, as that would be aligned perfectly.

    The pairs may be a sample of all, see `pair_sample`. The interval then
    holds the chance of that sample as well, and errs on the wide side: what
    is owed to single pairs, and not to their videos, moves a draw more than
    another sample would move the mean (its variance counts three times). Time
    grows with the pairs, memory with the videos.

    Args:
      pairs: [P, 2] int64, indices of different videos, each pair once.
      sums: [P] float, of each pair; NaN where there is none.
      sizes: [P] float, what to divide by, as numbers of frames; 1 for each
        pair without.
      num_videos: V.
      count: draws.

    Returns:
      The interval; NaN for fewer than two videos.
    """
    if num_videos < 2:
        return float("nan"), float("nan")
    valid = np.isfinite(sums)
    weights = valid.astype(float) if sizes is None else valid * sizes
    drawn = draws(num_videos, count=count).T.astype(float)

    def total(values: np.ndarray) -> np.ndarray:
        """Returns the sums [R] of values of the pairs, as often as drawn."""
        matrix = sparse.csr_array(
            (values, (pairs[:, 0], pairs[:, 1])),
            shape=(num_videos, num_videos),
        )
        return np.einsum("ir,ir->r", matrix @ drawn, drawn)

    with np.errstate(invalid="ignore", divide="ignore"):
        return interval(total(np.where(valid, sums, 0)) / total(weights))
