"""Which frame of one video belongs to which frame of another.

The alignment that every application uses: for each embedded frame of a query
video the index of a frame of another video. Nearest neighbours are free to
jump back and forth, dynamic time warping (DTW) keeps the order of time.
"""

import numpy as np

from tcc.matching import nearest, time_warping

METHODS = ("nn", "dtw")
# Largest matrix of costs that is held at once: 134 MB of float64, two videos
# of 4096 frames.
_MAX_CELLS = 1 << 24


def align(
    query: np.ndarray,
    candidates: np.ndarray,
    *,
    method: str = "nn",
    distance: str = "sqeuclidean",
) -> np.ndarray:
    """Returns the frame of another video for each frame of the query.

    Time grows with T x L for both methods, memory does not: "dtw" takes 134 MB
    at most for two videos of 4096 frames, and 200 MB for two of 36,000 frames
    (20 minutes) and 128 channels: copies of them and 2 sqrt(T) L numbers.

    Args:
      query: [T, D] float, finite.
      candidates: [L, D] float, finite.
      method: "nn", the nearest neighbour of each frame by itself; "dtw",
        dynamic time warping, which never runs backwards.
      distance: "sqeuclidean" or "cosine".

    Returns:
      [T] int64, indices into `candidates`.

    Raises:
      ValueError: for unknown names, other shapes, or values not finite.
    """
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {METHODS}. Received: {method!r}"
        )
    if (
        query.ndim != 2
        or candidates.ndim != 2
        or query.shape[1] != candidates.shape[1]
        or not (query.size and candidates.size)
    ):
        raise ValueError(
            "query and candidates must have shapes [T, D] and [L, D]."
            f" Received: {query.shape} and {candidates.shape}"
        )
    if method == "nn":
        return nearest.nearest(query, candidates, distance=distance)
    return _warp(query, candidates, distance=distance)


def _warp(
    query: np.ndarray, candidates: np.ndarray, *, distance: str
) -> np.ndarray:
    """Aligns by dynamic time warping.

    The warping path joins the first frames with each other, and the last
    ones. Where it joins a query frame with several candidates, the middle one
    is taken (the first of two).

    Returns:
      [T] int64, never decreasing.
    """
    a, b = nearest.prepare([query, candidates], distance=distance)
    if len(query) * len(candidates) > _MAX_CELLS:
        return time_warping.warp(a, b)
    # Only this needs the compiled library.
    from dtaidistance import dtw_ndim

    # The library sums squared distances; of unit vectors these are twice the
    # cosine distance. It fails on a single channel: zeros are put beside it.
    series = [np.pad(video.vectors, ((0, 0), (0, 1))) for video in (a, b)]
    path = np.array(dtw_ndim.warping_path(*series, use_c=True), np.int64)
    first = np.searchsorted(path[:, 0], np.arange(len(query)), side="left")
    last = np.searchsorted(path[:, 0], np.arange(len(query)), side="right") - 1
    return path[(first + last) // 2, 1]
