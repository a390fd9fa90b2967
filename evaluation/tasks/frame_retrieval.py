"""Frame retrieval: are the nearest frames of other videos of the same phase?

AP@K as in the papers that follow TCC (LAV, CARL): every labelled frame of the
validation videos is a query; among its K nearest labelled frames of all OTHER
validation videos, the share that shows the same phase; the mean over the
queries. The query's own video never takes part: its neighbouring frames would
be right for no merit.

Every query is compared with every candidate. So that time grows with the frames
and not with their square, at most `retrieval_max_queries` frames are queries: a
seeded sample of all, where there are more. All frames stay candidates.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, labelled
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.io import progress_bar
from tcc.matching import nearest

_BLOCK = 1 << 22  # elements of a block of the distances: 32 MB
# Relative to the largest distance: nearer together is rounding.
_TIE = 1e-12
_SEED = 0  # of the choice of queries


def average_precision(
    embs: list[np.ndarray],
    labels: list[np.ndarray],
    *,
    counts: tuple[int, ...],
    distance: str = "sqeuclidean",
    queries: list[np.ndarray] | None = None,
) -> np.ndarray:
    """Returns, for each video, the sum over its queries of the precision@K.

    Where several frames are equally far at the K-th place, the precision is
    the mean over their orders: it does not depend on the order of the videos.

    Args:
      embs: for each of V videos [L_i, D] float, finite.
      labels: for each [L_i] int64, phases; frames below 0 take no part.
      counts: the K, each at most the labelled frames of all other videos.
      distance: "sqeuclidean" or "cosine".
      queries: for each [L_i] bool, the labelled frames that are looked up; all
        of them by default. Candidates are all labelled frames in any case.

    Returns:
      [V, len(counts)] float64.
    """
    videos = nearest.prepare(embs, distance=distance)
    masks = [part >= 0 for part in labels]
    ends = np.cumsum([mask.sum() for mask in masks])
    used = np.concatenate(masks)
    candidates = np.concatenate([v.vectors for v in videos])[used]
    squares = np.concatenate([v.squares for v in videos])[used]
    phases = np.concatenate(labels)[used]
    asked = used[used] if queries is None else np.concatenate(queries)[used]
    found = np.zeros((len(embs), len(counts)))
    rows = max(1, _BLOCK // max(1, len(candidates)))
    for i, end in enumerate(
        progress_bar.track(
            ends, total=len(ends), task="frame retrieval", unit="videos"
        )
    ):
        own = slice(end - masks[i].sum(), end)
        places = own.start + np.flatnonzero(asked[own])
        for start in range(0, len(places), rows):
            block = places[start : start + rows]
            distances = -2 * candidates[block] @ candidates.T
            distances += squares[block, None]
            distances += squares
            slack = _TIE * max(1.0, float(np.abs(distances).max()))
            distances[:, own] = np.inf
            precisions = _precisions(
                distances, phases, phases[block], counts, slack
            )
            found[i] += precisions.sum(axis=0)
    return found


def _precisions(
    distances: np.ndarray,
    phases: np.ndarray,
    wanted: np.ndarray,
    counts: tuple[int, ...],
    slack: float,
) -> np.ndarray:
    """Returns the share of right ones among the nearest, for each count.

    Args:
      distances: [Q, M] float64, infinite for frames that take no part.
      phases: [M] int64.
      wanted: [Q] int64, the phase that is right.
      counts: the K, each at most the frames that take part.
      slack: distances that differ by less are equal.

    Returns:
      [Q, len(counts)] float64.
    """
    most = max(counts)
    smallest = np.partition(distances, most - 1, axis=1)[:, :most]
    smallest.sort(axis=1)
    # The few that can be among the nearest, as pairs of query and candidate.
    query, candidate = np.nonzero(distances <= smallest[:, -1:] + slack)
    near = distances[query, candidate]
    right = phases[candidate] == wanted[query]

    def count_by_query(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(query[chosen], minlength=len(distances))

    shares = []
    for count in counts:
        last = smallest[query, count - 1]
        nearer = near < last - slack
        tied = ~nearer & (near <= last + slack)
        open_places = count - count_by_query(nearer)
        among_tied = count_by_query(tied & right) / count_by_query(tied)
        shares.append(
            (count_by_query(nearer & right) + open_places * among_tied) / count
        )
    return np.stack(shares, axis=1)


def choose_queries(labels: list[np.ndarray], *, limit: int) -> list[np.ndarray]:
    """Returns which labelled frames are looked up: all, or a seeded sample.

    Args:
      labels: for each of V videos [L_i] int64, phases, below 0 for none.
      limit: queries of all videos at most, 1 or more.

    Returns:
      For each [L_i] bool.
    """
    used = np.concatenate(labels) >= 0
    if used.sum() > limit:
        rng = np.random.default_rng(_SEED)
        kept = rng.choice(np.flatnonzero(used), limit, replace=False)
        used = np.zeros(len(used), bool)
        used[kept] = True
    return np.split(used, np.cumsum([len(part) for part in labels])[:-1])


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Retrieves frames across the validation videos.

    Args:
      train: takes no part.
      val: embeddings of the validation videos; their labels are used.
      config: the K of AP@K, the distance, and the most queries.

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
    queries = choose_queries(
        val.frame_labels, limit=config.retrieval_max_queries
    )
    found = average_precision(
        val.embs,
        val.frame_labels,
        counts=counts,
        distance=config.matching_distance,
        queries=queries,
    )
    asked = np.array([part.sum() for part in queries], np.float64)
    prefix = f"frame_retrieval/val_{tag_name(val.dataset)}_ap_at"
    scalars, headings, intervals = {}, {}, {}
    for place, count in enumerate(counts):
        tag = f"{prefix}_{count}"
        scalars[tag] = float(found[:, place].sum() / asked.sum())
        headings[tag] = f"AP@{count}"
        intervals[tag] = bootstrap.of_ratio(
            found[:, place], asked, count=config.bootstrap_draws
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
            "queries": "all labelled frames"
            if asked.sum() == sizes.sum()
            else f"{int(asked.sum()):,} of {int(sizes.sum()):,} labelled"
            f" frames, sampled with seed {_SEED}",
            "val_videos": val.num_videos,
            "val_frames": int(sizes.sum()),
        },
    )
