"""Cycle consistency: do nearest neighbours lead back to where they began?

A frame of video i goes to its nearest neighbour in video j, and from there to
the nearest in i: the two-way cycle, over all ordered pairs. The three-way
cycle takes a third video on its way, i to j to k to i, over all ordered
triples. The score is the share of frames that end within a tolerance of where
they started; beside it stands how far they end away, as a share of the video.

Of more than `max_pairs` ordered pairs (of some 200 videos) a seeded sample is
followed, and for the three-way cycles one random third video for each.

No labels are needed. A perfect score is no proof of understanding: frame
numbers are cycle-consistent too, as the baseline beside the score shows.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, pair_sample
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
                found = _scores(ends[np.newaxis], tolerance)
                (shares[i, j],), (errors[i, j],) = found
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
    longest = max(rows.shape[1] for rows in neighbors)
    home = np.zeros((num_videos, longest), neighbors[0].dtype)
    for i in range(num_videos):
        # [V, L]: the way back to i from the frames of every video.
        for k, rows in enumerate(neighbors):
            home[k, : rows.shape[1]] = rows[i]
        for j in range(num_videos):
            if i == j:
                continue
            # [V, L_i]: where the frames of i arrive in every k, through j.
            in_third = neighbors[j][:, neighbors[i][j]]
            ends = np.take_along_axis(home, in_third.astype(np.intp), axis=1)
            others = np.delete(np.arange(num_videos), (i, j))
            found = _scores(ends[others], tolerance)
            shares[i, j], errors[i, j] = np.mean(found, axis=1)
    return shares, errors


def of_sample(
    embs: list[np.ndarray],
    pairs: np.ndarray,
    *,
    tolerance: int,
    distance: str,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Follows the cycles of some pairs, and one three-way cycle for each.

    Time grows with the pairs, memory with the videos.

    Args:
      embs: for each of V >= 3 videos [L_i, D] float, finite.
      pairs: [P, 2] int64.
      tolerance: frames that the end may be away from the start.
      distance: "sqeuclidean" or "cosine".

    Returns:
      "two_way" and "three_way" -> shares [P] and errors [P] of the pairs.
    """
    ready = nearest.prepare(embs, distance=distance)
    third = pair_sample.choose_third(pairs, len(embs))
    found = np.empty((2, 2, len(pairs)))

    def follow(place: int) -> None:
        (i, j), k = pairs[place], third[place]
        to_j, back = nearest.nearest_both(ready[i], ready[j], distance=distance)
        to_k = nearest.nearest_in(ready[j], ready[k], distance=distance)
        home = nearest.nearest_in(ready[k], ready[i], distance=distance)
        ends = np.stack([back[to_j], home[to_k[to_j]]])
        found[:, :, place] = np.transpose(_scores(ends, tolerance))

    nearest.for_each(follow, len(pairs), task="cycles", unit="pairs")
    return {
        "two_way": (found[0, 0], found[0, 1]),
        "three_way": (found[1, 0], found[1, 1]),
    }


def _of_all(
    embs: list[np.ndarray],
    pairs: np.ndarray,
    *,
    tolerance: int,
    distance: str,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Follows the cycles of all pairs and, from three videos on, triples."""
    neighbors = nearest.pairwise_neighbors(
        embs, distance=distance, task="cycles"
    )
    found = {"two_way": two_way(neighbors, tolerance=tolerance)}
    if len(embs) > 2:
        found["three_way"] = three_way(neighbors, tolerance=tolerance)
    i, j = pairs.T
    return {k: (v[0][i, j], v[1][i, j]) for k, v in found.items()}


def _scores(ends: np.ndarray, tolerance: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns shares that returned, and mean distances / length.

    Args:
      ends: [K, L] int, where the frames of a video end.
      tolerance: in frames.

    Returns:
      Two [K] float64.
    """
    length = ends.shape[1]
    away = np.abs(ends.astype(np.int64) - np.arange(length))
    return (away <= tolerance).mean(axis=1), away.mean(axis=1) / length


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Follows cycles within the validation videos.

    Args:
      train: takes no part.
      val: embeddings of the validation videos.
      config: the distance, the tolerance, and the most pairs.

    Returns:
      The score is the share of two-way cycles that return.
    """
    del train
    if val.num_videos < 2:
        reason = f"{val.split!r} has one video; a cycle needs two"
        return TaskResult(skipped=reason)
    pairs = pair_sample.choose(val.num_videos, limit=config.max_pairs)
    is_sample = len(pairs) < pair_sample.count_all(val.num_videos)
    tolerance = config.cycle_tolerance
    found = (of_sample if is_sample else _of_all)(
        val.embs,
        pairs,
        tolerance=tolerance,
        distance=config.matching_distance,
    )
    notes = pair_sample.note(
        "share of two-way cycles that return",
        found["two_way"][0],
        val.num_videos,
    )
    if "three_way" not in found:
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
            scalars[tag] = float(values.mean())
            headings[tag] = heading
            intervals[tag] = bootstrap.of_pairs(
                pairs,
                values,
                num_videos=val.num_videos,
                count=config.bootstrap_draws,
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
            "pairs": pair_sample.describe(len(pairs), val.num_videos),
            "third_videos": "one for each pair" if is_sample else "all",
            "val_videos": val.num_videos,
            "val_frames": val.num_frames,
        },
    )
