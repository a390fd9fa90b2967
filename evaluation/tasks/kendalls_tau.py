"""Kendall's tau: do the nearest neighbours of a video's frames run forwards?

Follows `evaluation/kendalls_tau.py` of the original. For an ordered pair of
videos (i, j), n_f is the frame of j nearest to frame f of i, and with the
pairs of frames f < g of i

    tau_b = (concordant - discordant) / sqrt(P (P - ties)),  P = n (n - 1) / 2

where n_f < n_g is concordant, n_f > n_g discordant and n_f = n_g a tie. tau is
1 when the neighbours never run backwards, and undefined (NaN) when all are one
frame: a collapsed model. The original drops such pairs silently, so that a
model can look perfect on the few pairs left. Here the share of valid pairs
stands beside tau, and tau with undefined pairs counted as 0.

The original takes all ordered pairs. So does this for up to `max_pairs` of
them, 200 videos by default; of more videos it takes a seeded sample of pairs
(`pair_sample`), and says so.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, pair_sample
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.matching import nearest

_HEADINGS = {
    "align_tau": "tau",
    "valid_share": "valid pairs",
    "align_tau_zero_counted": "tau, invalid as 0",
}


def tau_b(neighbors: np.ndarray) -> np.ndarray:
    """Returns Kendall's tau-b of each row against 0, 1, 2, ...

    Equal to `scipy.stats.kendalltau(np.arange(n), row)`, for all rows at once:
    n - 1 comparisons of whole arrays, in the smallest integer type that holds
    the indices.

    Args:
      neighbors: [P, n] int, indices from 0 on.

    Returns:
      [P] float64 in [-1, 1]; NaN where all n indices are equal or n < 2.
    """
    num_rows, n = neighbors.shape
    if not num_rows:
        return np.zeros(0)
    largest = max(int(neighbors.max(initial=0)), n)
    columns = np.ascontiguousarray(neighbors.T, np.min_scalar_type(largest))
    # ups[k] counts, per row, the frames after k whose index is larger.
    ups = np.zeros((n, num_rows), np.min_scalar_type(n))
    downs = np.zeros_like(ups)
    for lag in range(1, n):
        earlier, later = columns[:-lag], columns[lag:]
        ups[: n - lag] += later > earlier
        downs[: n - lag] += later < earlier
    concordant = ups.sum(axis=0, dtype=np.int64)
    discordant = downs.sum(axis=0, dtype=np.int64)
    pairs = n * (n - 1) // 2
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = (
            (concordant - discordant)
            / np.sqrt(pairs)
            / np.sqrt(concordant + discordant)
        )
    return np.clip(tau, -1, 1)


def pairwise_tau(
    embs: list[np.ndarray],
    *,
    stride: int = 1,
    distance: str = "sqeuclidean",
    task: str = "Kendall's tau",
) -> np.ndarray:
    """Returns tau-b of every ordered pair of videos.

    Time and memory grow with the square of the videos; see `tau_of_pairs`.

    Args:
      embs: for each of V videos [L_i, D] float, finite.
      stride: frames from one compared frame to the next.
      distance: "sqeuclidean" or "cosine".
      task: what is done, for the progress bar.

    Returns:
      [V, V] float64: row i, column j is tau of the neighbours in j of the
      frames of i. NaN on the diagonal and where tau is undefined.

    Raises:
      ValueError: for a stride below 1, an unknown distance, embeddings that
        are not finite.
    """
    neighbors = nearest.pairwise_neighbors(
        _every(embs, stride), distance=distance, task=task
    )
    taus = np.stack([tau_b(rows) for rows in neighbors])
    np.fill_diagonal(taus, np.nan)
    return taus


def tau_of_pairs(
    embs: list[np.ndarray],
    pairs: np.ndarray,
    *,
    stride: int = 1,
    distance: str = "sqeuclidean",
    task: str = "Kendall's tau",
) -> np.ndarray:
    """Returns tau-b of some ordered pairs of videos.

    Time grows with the pairs, memory with the videos.

    Args:
      embs: for each of V videos [L_i, D] float, finite.
      pairs: [P, 2] int64, sorted, as of `pair_sample.choose`.
      stride: frames from one compared frame to the next.
      distance: "sqeuclidean" or "cosine".
      task: what is done, for the progress bar.

    Returns:
      [P] float64: tau of the neighbours in the second video of the frames of
      the first. NaN where tau is undefined.

    Raises:
      ValueError: as `pairwise_tau`.
    """
    if len(pairs) == pair_sample.count_all(len(embs)):
        # Every product of two videos serves both of their pairs.
        taus = pairwise_tau(embs, stride=stride, distance=distance, task=task)
        return taus[pairs[:, 0], pairs[:, 1]]
    ready = nearest.prepare(_every(embs, stride), distance=distance)
    parts = pair_sample.by_first(pairs)
    taus = np.empty(len(pairs))

    def compare(part: int) -> None:
        """Compares one video with all of its partners."""
        chosen = pairs[parts[part]]
        rows = [
            nearest.nearest_in(ready[i], ready[j], distance=distance)
            for i, j in chosen
        ]
        taus[parts[part]] = tau_b(np.stack(rows))

    nearest.for_each(compare, len(parts), task=task, unit="videos")
    return taus


def _every(embs: list[np.ndarray], stride: int) -> list[np.ndarray]:
    if stride < 1:
        raise ValueError(f"stride must be 1 or more. Received: {stride}")
    return [video[::stride] for video in embs]


def summarize(taus: np.ndarray) -> dict[str, float]:
    """Returns the numbers that describe tau of pairs of videos.

    Args:
      taus: [P] float64 from `tau_of_pairs`, P >= 1; or [V, V] from
        `pairwise_tau`, of which the diagonal takes no part.

    Returns:
      align_tau: mean over valid pairs, the original's number; NaN if none is
        valid. valid_share: share of the pairs that are valid.
      align_tau_zero_counted: mean over all pairs, the invalid ones as 0.
    """
    pairs = taus if taus.ndim == 1 else taus[~np.eye(len(taus), dtype=bool)]
    valid = pairs[~np.isnan(pairs)]
    return {
        "align_tau": float(valid.mean()) if valid.size else float("nan"),
        "valid_share": valid.size / pairs.size,
        "align_tau_zero_counted": float(valid.sum() / pairs.size),
    }


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Computes Kendall's tau within the training and the validation videos.

    Args:
      train: embeddings of the training videos.
      val: embeddings of the validation videos.
      config: stride, distance, and the most pairs.

    Returns:
      The score is tau over the valid pairs of validation videos. Arrays, for
      each split: "<split>" [P] float64, tau of the pairs that were taken, and
      "<split>_pairs" [P, 2] int64, their videos.
    """
    protocol: dict[str, object] = {
        "stride": config.kendalls_tau_stride,
        "distance": config.kendalls_tau_distance,
        "matching": "nearest neighbour",
        "train_videos": train.num_videos,
        "val_videos": val.num_videos,
    }
    if val.num_videos < 2:
        reason = f"{val.split!r} has one video; tau compares pairs of videos"
        return TaskResult(protocol=protocol, skipped=reason)
    scalars: dict[str, float] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    arrays: dict[str, np.ndarray] = {}
    notes = []
    for name, part in (("train", train), ("val", val)):
        if part.num_videos < 2:
            notes.append(f"no tau for {part.split!r}: it has one video")
            continue
        pairs = pair_sample.choose(part.num_videos, limit=config.max_pairs)
        taus = tau_of_pairs(
            part.embs,
            pairs,
            stride=config.kendalls_tau_stride,
            distance=config.kendalls_tau_distance,
            task=f"Kendall's tau of {part.split!r}",
        )
        prefix = _prefix(part)
        numbers = summarize(taus)
        scalars |= {f"{prefix}_{k}": v for k, v in numbers.items()}
        intervals |= _intervals(part, pairs, taus, config.bootstrap_draws)
        arrays |= {part.split: taus, f"{part.split}_pairs": pairs}
        protocol[f"{name}_pairs"] = pair_sample.describe(
            len(pairs), part.num_videos
        )
        notes += _notes(part, taus)
    prefix = _prefix(val)
    return TaskResult(
        score=scalars[f"{prefix}_align_tau"],
        scalars=scalars,
        headings={f"{prefix}_{k}": v for k, v in _HEADINGS.items()},
        intervals=intervals,
        protocol=protocol,
        notes=tuple(notes),
        arrays=arrays,
    )


def _prefix(part: Embeddings) -> str:
    return f"kendalls_tau/{tag_name(part.dataset)}_{part.split}"


def _notes(part: Embeddings, taus: np.ndarray) -> list[str]:
    """Returns what a reader of the split's tau must know."""
    notes = pair_sample.note(f"tau of {part.split!r}", taus, part.num_videos)
    undefined = np.isnan(taus).mean()
    if undefined:
        notes.append(
            f"tau is undefined for {undefined:.0%} of the"
            f" pairs of {part.split!r}: all frames of a video have the"
            " same nearest neighbour"
        )
    return notes


def _intervals(
    part: Embeddings, pairs: np.ndarray, taus: np.ndarray, count: int
) -> dict[str, bootstrap.Interval]:
    """Returns the bootstrap intervals of the two means of `summarize`."""
    return {
        f"{_prefix(part)}_{name}": bootstrap.of_pairs(
            pairs, values, num_videos=part.num_videos, count=count
        )
        for name, values in (
            ("align_tau", taus),
            ("align_tau_zero_counted", np.nan_to_num(taus)),
        )
    }
