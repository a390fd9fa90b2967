"""The pairs of videos that a measure looks at: all of them, or a sample.

V videos have V (V - 1) ordered pairs. Up to a limit a measure takes them all,
as the published protocols do. Above it, it takes a random sample of `limit`
pairs, so that its time does not grow with the square of the videos. The sample
depends on V and the limit alone.

The sample is balanced. The videos are put on a circle in random order, and
every video is paired with the one d places further on, for one random d after
the other. So each video is first in as many pairs as any other, and second in
as many, give or take one; and each pair is as likely as any other, which makes
the mean over the sample an unbiased estimate of the mean over all pairs.
"""

import numpy as np

_SEED = 0


def count_all(num_videos: int) -> int:
    """Returns the number of ordered pairs of different videos."""
    return num_videos * (num_videos - 1)


def choose(num_videos: int, *, limit: int) -> np.ndarray:
    """Returns ordered pairs of different videos, at most `limit`.

    Args:
      num_videos: V, 0 or more.
      limit: 1 or more.

    Returns:
      [P, 2] int64, P = min(V (V - 1), limit), sorted, each pair once.
    """
    if count_all(num_videos) <= limit:
        pairs = np.argwhere(~np.eye(num_videos, dtype=bool))
        return pairs.astype(np.int64, copy=False)
    rng = np.random.default_rng(_SEED)
    circle = rng.permutation(num_videos)
    rounds = -(-limit // num_videos)
    distances = 1 + rng.choice(num_videos - 1, rounds, replace=False)
    places = np.arange(limit)
    first = places % num_videos
    second = (first + distances[places // num_videos]) % num_videos
    pairs = np.stack([circle[first], circle[second]], axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def choose_third(pairs: np.ndarray, num_videos: int) -> np.ndarray:
    """Returns for each pair a random third video.

    Args:
      pairs: [P, 2] int64, of different videos.
      num_videos: V, 3 or more.

    Returns:
      [P] int64, each of the other V - 2 videos as likely as any other.
    """
    rng = np.random.default_rng(_SEED)
    third = rng.integers(num_videos - 2, size=len(pairs))
    # Skip the two of the pair, the smaller one first.
    for taken in np.sort(pairs, axis=1).T:
        third += third >= taken
    return third


def by_first(pairs: np.ndarray) -> list[slice]:
    """Returns the runs of sorted pairs that share their first video.

    Args:
      pairs: [P, 2] int64, sorted, as of `choose`.
    """
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    ends = np.append(starts[1:], len(pairs))
    return [
        slice(int(start), int(end))
        for start, end in zip(starts, ends, strict=True)
    ]


def describe(num_pairs: int, num_videos: int) -> str:
    """Returns in words which pairs were taken, for a protocol."""
    total = count_all(num_videos)
    if num_pairs == total:
        return f"all {total:,} ordered pairs"
    return (
        f"{num_pairs:,} of {total:,} ordered pairs, sampled with seed {_SEED}"
    )


def standard_error(values: np.ndarray, num_videos: int) -> float:
    """Returns how far the sampling of pairs may move the mean of a measure.

    The standard error of the mean of P of N = V (V - 1) pairs, s / sqrt(P)
    sqrt(1 - P / N): 0 where all pairs were taken. Balanced samples have a
    smaller one, since part of s is owed to differences between videos.

    Args:
      values: [P] float64, one of each pair; NaN takes no part in s.
      num_videos: V.
    """
    found = values[np.isfinite(values)]
    if len(found) < 2:
        return float("nan")
    left_out = 1 - len(values) / count_all(num_videos)
    return float(found.std(ddof=1) * np.sqrt(left_out / len(found)))


def note(name: str, values: np.ndarray, num_videos: int) -> list[str]:
    """Returns a sentence on what a sample costs; none where there is none.

    Args:
      name: of the measure and the split, for people.
      values: [P] float64, one of each pair.
      num_videos: V.
    """
    if len(values) == count_all(num_videos):
        return []
    error = standard_error(values, num_videos)
    return [
        f"{name} is the mean over a sample of"
        f" {len(values):,} of the {count_all(num_videos):,} pairs of videos"
        f" (eval.max_pairs); the sampling adds a standard error of {error:.2g}"
        " at most, and the interval holds it"
    ]
