"""Cycle consistency: do nearest neighbours lead back to where they began?

A frame of video i goes to its nearest neighbour in video j, and from there to
the nearest in i: the two-way cycle, over all ordered pairs. The three-way
cycle takes a third video on its way, i to j to k to i, over all ordered
triples. The score is the share of frames that end within a tolerance of where
they started; beside it stands how far they end away, as a share of the video.

No labels are needed. A perfect score is no proof of understanding: frame
numbers are cycle-consistent too, as the baseline beside the score shows.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.matching import nearest


def two_way(
    neighbors: list[np.ndarray], *, tolerance: int
) -> tuple[np.ndarray, np.ndarray]:
    """Follows i, j, i.

    Args:
      neighbors: from `nearest.pairwise_neighbors`, V videos.
      tolerance: frames that the end may be away from the start.

    Returns:
      Share of the frames that return, and mean distance of the end from the
      start as a share of the video; both [V, V] float64, i and j, with NaN on
      the diagonal.
    """
    num_videos = len(neighbors)
    shares = np.full((num_videos, num_videos), np.nan)
    errors = shares.copy()
    for i in range(num_videos):
        for j in range(num_videos):
            if i != j:
                ends = neighbors[j][i][neighbors[i][j]]
                shares[i, j], errors[i, j] = _score(ends, tolerance)
    return shares, errors


def three_way(
    neighbors: list[np.ndarray], *, tolerance: int
) -> tuple[np.ndarray, np.ndarray]:
    """Follows i, j, k, i.

    Args:
      neighbors: from `nearest.pairwise_neighbors`, V videos.
      tolerance: frames that the end may be away from the start.

    Returns:
      As `two_way`, each the mean over the third videos k.
    """
    num_videos = len(neighbors)
    shares = np.full((num_videos, num_videos), np.nan)
    errors = shares.copy()
    if num_videos < 3:
        return shares, errors
    for i in range(num_videos):
        for j in range(num_videos):
            if i == j:
                continue
            # [V, L_i]: where the frames of i arrive in every k, through j.
            in_third = neighbors[j][:, neighbors[i][j]]
            found = [
                _score(neighbors[k][i][in_third[k]], tolerance)
                for k in range(num_videos)
                if k not in (i, j)
            ]
            shares[i, j], errors[i, j] = np.mean(found, axis=0)
    return shares, errors


def _score(ends: np.ndarray, tolerance: int) -> tuple[float, float]:
    """Returns share that returned, and mean distance / length, of ends [L]."""
    away = np.abs(ends.astype(np.int64) - np.arange(len(ends)))
    return float((away <= tolerance).mean()), float(away.mean() / len(ends))


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Follows cycles within the validation videos.

    Args:
      train: takes no part.
      val: embeddings of the validation videos.
      config: the distance, and the tolerance.

    Returns:
      The score is the share of two-way cycles that return.
    """
    del train
    if val.num_videos < 2:
        reason = f"{val.split!r} has one video; a cycle needs two"
        return TaskResult(skipped=reason)
    neighbors = nearest.pairwise_neighbors(
        val.embs, distance=config.matching_distance
    )
    tolerance = config.cycle_tolerance
    found = {"two_way": two_way(neighbors, tolerance=tolerance)}
    notes = []
    if val.num_videos > 2:
        found["three_way"] = three_way(neighbors, tolerance=tolerance)
    else:
        notes.append("no three-way cycles, as there are two videos")
    prefix = f"cycle_consistency/{tag_name(val.dataset)}_{val.split}"
    scalars, headings, intervals = {}, {}, {}
    for name, (shares, errors) in found.items():
        words = name.replace("_", "-")
        for kind, values, heading in (
            ("returned", shares, f"{words} cycles that return"),
            ("error", errors, f"{words} error, share of the video"),
        ):
            tag = f"{prefix}_{name}_{kind}"
            scalars[tag] = float(np.nanmean(values))
            headings[tag] = heading
            intervals[tag] = bootstrap.of_pairs(
                values, count=config.bootstrap_draws
            )
    return TaskResult(
        score=scalars[f"{prefix}_two_way_returned"],
        scalars=scalars,
        headings=headings,
        intervals=intervals,
        notes=tuple(notes),
        protocol={
            "distance": config.matching_distance,
            "matching": "nearest neighbour",
            "tolerance": f"{tolerance} embedded frames",
            "val_videos": val.num_videos,
            "val_frames": val.num_frames,
        },
    )
