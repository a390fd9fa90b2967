"""Nearest neighbours between the frames of two videos.

The search goes through matrix products, which is several times faster than
differences, and yet gives the neighbours of `scipy.spatial.distance.cdist`
with `argmin` in float64: where the two nearest candidates are closer together
than the rounding of the products, the rows concerned are computed as SciPy
does. So equal distances (a video that stands still) resolve to the first
frame, on any machine.
"""

import dataclasses
import os
from collections.abc import Callable, Iterator
from concurrent import futures

import numpy as np
import threadpoolctl
from scipy.spatial import distance as scipy_distance

from tcc.io import progress_bar

DISTANCES = ("sqeuclidean", "cosine")
# Elements of one block of the distance matrix: 4 MB of float64, near the
# cache, and a bound on memory for long videos.
_BLOCK = 1 << 19
_MIN_ROWS = 64  # of a block; products of fewer rows are slow
_ROUNDOFF = np.finfo(np.float64).eps / 2


@dataclasses.dataclass(frozen=True)
class Prepared:
    """One video, ready for products with others of the same set.

    Attributes:
      rows: [L, D] float64, as given.
      vectors: [L, D] float64, shifted or normalised; the squared distances of
        these order the neighbours.
      squares: [L] float64, squared lengths of `vectors`; 1 for directions.
    """

    rows: np.ndarray
    vectors: np.ndarray
    squares: np.ndarray


def prepare(videos: list[np.ndarray], *, distance: str) -> list[Prepared]:
    """Returns videos ready for `nearest` and `nearest_both`.

    Squared distances do not change when all vectors are shifted alike, and
    lose fewer digits near the origin. For unit vectors the squared distance is
    twice the cosine distance. A vector of length 0 has no direction: its
    cosine distance to all others is 1 here, and NaN in SciPy.

    Args:
      videos: for each video [L_i, D] float, finite.
      distance: "sqeuclidean" or "cosine".

    Raises:
      ValueError: for an unknown distance or values that are not finite.
    """
    if distance not in DISTANCES:
        raise ValueError(
            f"distance must be one of {DISTANCES}. Received: {distance!r}"
        )
    rows = [np.asarray(video, np.float64) for video in videos]
    if not all(np.isfinite(video).all() for video in rows):
        raise ValueError("embs must be finite. Received: NaN or infinity")
    if distance == "cosine":
        return [
            Prepared(video, _normalize(video), np.ones(len(video)))
            for video in rows
        ]
    shift = np.mean([video.mean(axis=0) for video in rows], axis=0)
    vectors = [video - shift for video in rows]
    return [
        Prepared(row, vector, np.einsum("ij,ij->i", vector, vector))
        for row, vector in zip(rows, vectors, strict=True)
    ]


def _normalize(rows: np.ndarray) -> np.ndarray:
    """Returns the rows at length 1, and rows of zeros as they are."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    scaled = rows / np.where(largest > 0, largest, 1)  # squares in range
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled / np.where(norms > 0, norms, 1)


def nearest(
    query: np.ndarray, candidates: np.ndarray, *, distance: str
) -> np.ndarray:
    """Returns the nearest candidate of every query frame.

    Args:
      query: [T, D] float.
      candidates: [L, D] float.
      distance: "sqeuclidean" or "cosine".

    Returns:
      [T] int64, indices into `candidates`, the first of equally near ones.
    """
    a, b = prepare([query, candidates], distance=distance)
    return nearest_in(a, b, distance=distance)


def nearest_in(a: Prepared, b: Prepared, *, distance: str) -> np.ndarray:
    """Returns the nearest frame of b for each frame of a.

    Args:
      a: a video of L_a frames, from `prepare`.
      b: a video, from the same call.
      distance: the distance they were prepared for.

    Returns:
      [L_a] int64, the first of `nearest_both` in half its time.
    """
    found = np.empty(len(a.rows), np.int64)
    ties = np.empty(len(a.rows), bool)
    slack = _slack(a, b)
    for block, squared in _blocks(a, b):
        index, first, second = _two_smallest(squared, axis=1)
        found[block] = index
        ties[block] = second - first <= slack[block]
    _resolve(found, ties, a, b, distance)
    return found


def _blocks(a: Prepared, b: Prepared) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields rows of a and their squared distances to b, a part at a time."""
    rows_per_block = max(_MIN_ROWS, _BLOCK // len(b.rows))
    for start in range(0, len(a.rows), rows_per_block):
        block = slice(start, start + rows_per_block)
        squared = a.vectors[block] @ b.vectors.T
        squared *= -2
        squared += a.squares[block, None]
        squared += b.squares
        yield block, squared


def pairwise_neighbors(
    videos: list[np.ndarray],
    *,
    distance: str,
    task: str = "nearest neighbours",
) -> list[np.ndarray]:
    """Returns the nearest frames in every video for the frames of each.

    Time and memory grow with the square of the videos.

    Args:
      videos: for each of V videos [L_i, D] float, finite.
      distance: "sqeuclidean" or "cosine".
      task: what is done, for the progress bar.

    Returns:
      For each video i [V, L_i] int: row j holds the frames of video j nearest
      to those of i. Row i is 0 and means nothing.

    Raises:
      ValueError: an unknown distance, or embeddings that are not finite.
    """
    ready = prepare(videos, distance=distance)
    lengths = [len(video.rows) for video in ready]
    small = np.min_scalar_type(max(lengths))
    neighbors = [np.zeros((len(ready), n), small) for n in lengths]

    def search_from(i: int) -> None:
        for j in range(i + 1, len(ready)):
            neighbors[i][j], neighbors[j][i] = nearest_both(
                ready[i], ready[j], distance=distance
            )

    for_each(search_from, len(ready), task=task, unit="videos")
    return neighbors


def for_each(
    work: Callable[[int], None], count: int, *, task: str, unit: str
) -> None:
    """Calls `work(i)` for i below `count`, in threads, and shows progress.

    One thread per matrix product and several products at once: threads inside
    products of short videos wait for each other most of the time.

    Args:
      work: of one item.
      count: of the items.
      task: what is done, for people.
      unit: what the items are, in the plural.
    """
    with (
        threadpoolctl.threadpool_limits(1, user_api="blas"),
        futures.ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        done = pool.map(work, range(count))
        for _ in progress_bar.track(done, total=count, task=task, unit=unit):
            pass


def nearest_both(
    a: Prepared, b: Prepared, *, distance: str
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the nearest frames of b for those of a, and of a for those of b.

    One matrix of distances serves both directions. It is computed in blocks
    of rows of a, so that long videos need no more memory than short ones.

    Args:
      a: a video of L_a frames, from `prepare`.
      b: a video of L_b frames, from the same call.
      distance: the distance they were prepared for.

    Returns:
      a_to_b [L_a] int64 and b_to_a [L_b] int64.
    """
    a_to_b = np.empty(len(a.rows), np.int64)
    a_ties = np.empty(len(a.rows), bool)
    best = np.full(len(b.rows), np.inf)
    second = best.copy()
    b_to_a = np.zeros(len(b.rows), np.int64)
    a_slack = _slack(a, b)
    for block, squared in _blocks(a, b):
        index, first, runner_up = _two_smallest(squared, axis=1)
        a_to_b[block] = index
        a_ties[block] = runner_up - first <= a_slack[block]
        index, first, runner_up = _two_smallest(squared, axis=0)
        closer = first < best
        b_to_a = np.where(closer, index + block.start, b_to_a)
        second = np.minimum(np.maximum(first, best), second)
        second = np.minimum(second, runner_up)
        best = np.minimum(first, best)
    b_ties = second - best <= _slack(b, a)
    _resolve(a_to_b, a_ties, a, b, distance)
    _resolve(b_to_a, b_ties, b, a, distance)
    return a_to_b, b_to_a


def _slack(a: Prepared, b: Prepared) -> np.ndarray:
    """Returns, for frames of a, how far rounding can move a comparison.

    A computed squared distance differs from the exact one by no more than
    (D + 8) u (|x| + |y|)^2, u the unit roundoff. A comparison has two of them,
    here and in SciPy: four errors.

    Returns:
      [L_a] float64.
    """
    reach = np.sqrt(a.squares) + np.sqrt(b.squares.max())
    return 4 * (a.vectors.shape[1] + 8) * _ROUNDOFF * reach**2


def _two_smallest(
    matrix: np.ndarray, *, axis: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns index and value of the smallest, and the next smallest value.

    The matrix is left as it was.
    """
    index = matrix.argmin(axis=axis)
    along = np.arange(matrix.shape[1 - axis])
    places = (along, index) if axis == 1 else (index, along)
    first = matrix[places]
    matrix[places] = np.inf
    second = matrix.min(axis=axis)
    matrix[places] = first
    return index, first, second


def _resolve(
    index: np.ndarray,
    ties: np.ndarray,
    query: Prepared,
    candidates: Prepared,
    distance: str,
) -> None:
    """Replaces, in place, the indices of near ties by those of SciPy."""
    rows = np.flatnonzero(ties)
    rows_per_block = max(1, _BLOCK // len(candidates.rows))
    for start in range(0, len(rows), rows_per_block):
        block = rows[start : start + rows_per_block]
        exact = scipy_distance.cdist(
            query.rows[block], candidates.rows, distance
        )
        np.nan_to_num(exact, copy=False, nan=1.0)  # vectors of length 0
        index[block] = exact.argmin(axis=1)
