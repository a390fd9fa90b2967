"""Dynamic time warping of long videos in little memory.

Exact, as the dtaidistance library is for shorter ones. With c the squared
distance of two frames, the cost of the best path to (i, j) is

    C[i, j] = c[i, j] + min(C[i-1, j-1], C[i-1, j], C[i, j-1])

and the path itself is found backwards, from the last pair of frames. That
needs all of C: 10 GB for two videos of 36,000 frames. Here a first pass keeps
every k-th row only, k = sqrt(T); then, from the last block of k rows to the
first, the rows of the block are computed again, and the path is followed
through them. That takes 2 sqrt(T) rows, and at most twice the time, which still
grows with T x L.
"""

import math
from collections.abc import Iterator

import numpy as np

from tcc.matching.nearest import Prepared

_BLOCK = 1 << 21  # elements of a block of distances: 16 MB


def warp(a: Prepared, b: Prepared) -> np.ndarray:
    """Returns the middle partner of each frame on the best warping path.

    The path joins the first frames with each other, and the last ones. Of
    equally good steps back it takes that in both videos, then that in a.

    Args:
      a: a video of T frames, from `nearest.prepare`.
      b: a video of L frames, from the same call.

    Returns:
      [T] int64, indices into b, never decreasing. Where a frame of a is
      joined with several of b, the middle one, the first of two.
    """
    size = max(1, math.isqrt(len(a.vectors)))
    starts = range(0, len(a.vectors), size)
    # Costs of the row before each block.
    kept = np.empty((len(starts), len(b.vectors)))
    row = np.full(len(b.vectors), np.inf)
    for i, costs in enumerate(_distances(a, b, 0, len(a.vectors))):
        if i % size == 0:
            kept[i // size] = row
        row = _next_row(row, costs, is_first=i == 0)
    partners = np.empty(len(a.vectors), np.int64)
    column = len(b.vectors) - 1
    for block in reversed(range(len(starts))):
        # The path never leaves the columns up to where it is now.
        rows = [kept[block, : column + 1]]
        first, last = starts[block], min(starts[block] + size, len(a.vectors))
        for i, costs in enumerate(
            _distances(a, b, first, last, column + 1), first
        ):
            rows.append(_next_row(rows[-1], costs, is_first=i == 0))
        for i in reversed(range(first, last)):
            above, here = rows[i - first], rows[i - first + 1]
            low = _first_column(above, here, column, is_first=i == 0)
            partners[i] = (low + column) // 2
            column = low
            # On to the row above: straight up, or up and back.
            if i and low and above[low - 1] <= above[low]:
                column -= 1
    return partners


def _distances(
    a: Prepared,
    b: Prepared,
    first: int,
    last: int,
    columns: int | None = None,
) -> Iterator[np.ndarray]:
    """Yields [L] squared distances of frames `first` to `last` of a to b."""
    vectors, squares = b.vectors[:columns], b.squares[:columns]
    step = max(1, _BLOCK // len(vectors))
    for start in range(first, last, step):
        rows = slice(start, min(start + step, last))
        block = a.vectors[rows] @ vectors.T
        block *= -2
        block += a.squares[rows, None]
        block += squares
        # Rounding must not make waiting at equal frames a gain.
        yield from np.maximum(block, 0, out=block)


def _next_row(
    above: np.ndarray, costs: np.ndarray, *, is_first: bool
) -> np.ndarray:
    """Returns a row of C from the row above.

    With S the running sum of the row's c, C[j] - S[j] is the smaller of
    C[j-1] - S[j-1] and of min(above[j-1], above[j]) - S[j-1]: a running
    minimum, without a loop over j.

    Args:
      above: [L] float64; all infinite above the first row.
      costs: [L] float64, c.
      is_first: whether paths begin in this row, at its first frame.

    Returns:
      [L] float64.
    """
    sums = np.cumsum(costs)
    if is_first:
        return sums
    entry = above.copy()
    np.minimum(above[1:], above[:-1], out=entry[1:])
    entry[1:] -= sums[:-1]
    np.minimum.accumulate(entry, out=entry)
    entry += sums
    return entry


def _first_column(
    above: np.ndarray, here: np.ndarray, column: int, *, is_first: bool
) -> int:
    """Returns where the path that is at `column` of a row entered the row."""
    if is_first:
        return 0
    while column and here[column - 1] < min(above[column - 1], above[column]):
        column -= 1
    return column
