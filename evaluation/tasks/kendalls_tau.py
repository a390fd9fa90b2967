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
"""

import dataclasses

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap
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
    embs: list[np.ndarray], *, stride: int = 1, distance: str = "sqeuclidean"
) -> np.ndarray:
    """Returns tau-b of every ordered pair of videos.

    Args:
      embs: for each of V videos [L_i, D] float, finite.
      stride: frames from one compared frame to the next.
      distance: "sqeuclidean" or "cosine".

    Returns:
      [V, V] float64: row i, column j is tau of the neighbours in j of the
      frames of i. NaN on the diagonal and where tau is undefined.

    Raises:
      ValueError: for a stride below 1, an unknown distance, embeddings that
        are not finite.
    """
    if stride < 1:
        raise ValueError(f"stride must be 1 or more. Received: {stride}")
    neighbors = nearest.pairwise_neighbors(
        [e[::stride] for e in embs], distance=distance
    )
    taus = np.stack([tau_b(rows) for rows in neighbors])
    np.fill_diagonal(taus, np.nan)
    return taus


def summarize(taus: np.ndarray) -> dict[str, float]:
    """Returns the numbers that describe a matrix of pairwise tau.

    Args:
      taus: [V, V] float64 from `pairwise_tau`, V >= 2.

    Returns:
      align_tau: mean over valid pairs, the original's number; NaN if none is
        valid. valid_share: share of the V (V - 1) pairs that are valid.
      align_tau_zero_counted: mean over all pairs, the invalid ones as 0.
    """
    pairs = taus[~np.eye(len(taus), dtype=bool)]
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
      config: stride and distance.

    Returns:
      The score is tau over the valid pairs of validation videos.
    """
    stride = config.kendalls_tau_stride
    distance = config.kendalls_tau_distance
    result = TaskResult(
        protocol={
            "stride": stride,
            "distance": distance,
            "matching": "nearest neighbour",
            "train_videos": train.num_videos,
            "val_videos": val.num_videos,
        }
    )
    if val.num_videos < 2:
        reason = f"{val.split!r} has one video; tau compares pairs of videos"
        return dataclasses.replace(result, skipped=reason)
    scalars: dict[str, float] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    arrays: dict[str, np.ndarray] = {}
    notes = []
    for part in (train, val):
        if part.num_videos < 2:
            notes.append(f"no tau for {part.split!r}: it has one video")
            continue
        taus = pairwise_tau(part.embs, stride=stride, distance=distance)
        prefix = f"kendalls_tau/{tag_name(part.dataset)}_{part.split}"
        numbers = summarize(taus)
        scalars |= {f"{prefix}_{k}": v for k, v in numbers.items()}
        intervals |= _intervals(prefix, taus, config.bootstrap_draws)
        arrays[part.split] = taus
        if numbers["valid_share"] < 1:
            notes.append(
                f"tau is undefined for {1 - numbers['valid_share']:.0%} of the"
                f" pairs of {part.split!r}: all frames of a video have the"
                " same nearest neighbour"
            )
    prefix = f"kendalls_tau/{tag_name(val.dataset)}_{val.split}"
    return dataclasses.replace(
        result,
        score=scalars[f"{prefix}_align_tau"],
        scalars=scalars,
        headings={f"{prefix}_{k}": v for k, v in _HEADINGS.items()},
        intervals=intervals,
        notes=tuple(notes),
        arrays=arrays,
    )


def _intervals(
    prefix: str, taus: np.ndarray, count: int
) -> dict[str, bootstrap.Interval]:
    """Returns the bootstrap intervals of the two means of `summarize`."""
    return {
        f"{prefix}_align_tau": bootstrap.of_pairs(taus, count=count),
        f"{prefix}_align_tau_zero_counted": bootstrap.of_pairs(
            np.nan_to_num(taus), count=count
        ),
    }
