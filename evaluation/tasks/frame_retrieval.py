"""Frame retrieval: are the nearest frames of other videos of the same phase?

AP@K as in the papers that follow TCC (LAV, CARL): every labelled frame of the
validation videos is a query; among its K nearest labelled frames of all OTHER
validation videos, the share that shows the same phase; the mean over the
queries. The query's own video never takes part: its neighbouring frames would
be right for no merit.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, labelled
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.matching import nearest

_BLOCK = 1 << 22  # elements of a block of the distances: 32 MB
# Relative to the largest distance: nearer together is rounding.
_TIE = 1e-12


def average_precision(
    embs: list[np.ndarray],
    labels: list[np.ndarray],
    *,
    counts: tuple[int, ...],
    distance: str = "sqeuclidean",
) -> np.ndarray:
    """Returns, for each video, the sum over its frames of the precision@K.

    Where several frames are equally far at the K-th place, the precision is
    the mean over their orders: it does not depend on the order of the videos.

    Args:
      embs: for each of V videos [L_i, D] float, finite.
      labels: for each [L_i] int64, phases; frames below 0 take no part.
      counts: the K, each at most the labelled frames of all other videos.
      distance: "sqeuclidean" or "cosine".

    Returns:
      [V, len(counts)] float64.
    """
    videos = nearest.prepare(embs, distance=distance)
    masks = [part >= 0 for part in labels]
    vectors = [v.vectors[m] for v, m in zip(videos, masks, strict=True)]
    squares = [v.squares[m] for v, m in zip(videos, masks, strict=True)]
    phases = [part[m] for part, m in zip(labels, masks, strict=True)]
    found = np.zeros((len(embs), len(counts)))
    for i, queries in enumerate(vectors):
        others = [j for j in range(len(embs)) if j != i]
        candidates = np.concatenate([vectors[j] for j in others])
        lengths = np.concatenate([squares[j] for j in others])
        of_candidates = np.concatenate([phases[j] for j in others])
        rows = max(1, _BLOCK // max(1, len(candidates)))
        for start in range(0, len(queries), rows):
            block = slice(start, start + rows)
            distances = -2 * queries[block] @ candidates.T
            distances += squares[i][block, None]
            distances += lengths
            right = of_candidates == phases[i][block, None]
            for place, count in enumerate(counts):
                found[i, place] += _precision(distances, right, count).sum()
    return found


def _precision(
    distances: np.ndarray, right: np.ndarray, count: int
) -> np.ndarray:
    """Returns the share of right ones [Q] among the `count` nearest.

    Args:
      distances: [Q, M] float64.
      right: [Q, M] bool.
      count: K <= M.
    """
    last = np.partition(distances, count - 1, axis=1)[:, count - 1, None]
    slack = _TIE * max(1.0, float(np.abs(distances).max()))
    nearer = distances < last - slack
    tied = ~nearer & (distances <= last + slack)
    open_places = count - nearer.sum(axis=1)
    among_tied = (tied & right).sum(axis=1) / tied.sum(axis=1)
    return ((nearer & right).sum(axis=1) + open_places * among_tied) / count


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Retrieves frames across the validation videos.

    Args:
      train: takes no part.
      val: embeddings of the validation videos; their labels are used.
      config: the K of AP@K, and the distance.

    Returns:
      The score is AP@K of the smallest K.
    """
    del train
    reason = labelled.missing_labels(val)
    if reason:
        return TaskResult(skipped=reason)
    val = val.select(labelled.labelled_videos(val))
    if val.num_videos < 2:
        return TaskResult(
            skipped=f"{val.split!r} has one labelled video; frames are"
            " retrieved from others"
        )
    sizes = np.array([(v >= 0).sum() for v in val.frame_labels], np.float64)
    largest = int(sizes.sum() - sizes.max())
    counts = tuple(k for k in sorted(config.retrieval_counts) if k <= largest)
    notes = []
    if len(counts) < len(config.retrieval_counts):
        notes.append(f"no AP@K above {largest} frames, as no more are labelled")
    if not counts:
        return TaskResult(skipped=notes[0])
    found = average_precision(
        val.embs,
        val.frame_labels,
        counts=counts,
        distance=config.matching_distance,
    )
    prefix = f"frame_retrieval/val_{tag_name(val.dataset)}_ap_at"
    scalars, headings, intervals = {}, {}, {}
    for place, count in enumerate(counts):
        tag = f"{prefix}_{count}"
        scalars[tag] = float(found[:, place].sum() / sizes.sum())
        headings[tag] = f"AP@{count}"
        intervals[tag] = bootstrap.of_ratio(
            found[:, place], sizes, count=config.bootstrap_draws
        )
    return TaskResult(
        score=scalars[f"{prefix}_{counts[0]}"],
        scalars=scalars,
        headings=headings,
        intervals=intervals,
        notes=tuple(notes),
        protocol={
            "distance": config.matching_distance,
            "candidates": "labelled frames of all other videos of the split",
            "val_videos": val.num_videos,
            "val_frames": int(sizes.sum()),
        },
    )
