import tracemalloc

import numpy as np
import pytest

from tcc.matching import correspondence, nearest, time_warping


def _by_library(a, b, distance):
    return correspondence.align(a, b, method="dtw", distance=distance)


def _walks(seed, lengths, channels=3):
    rng = np.random.default_rng(seed)
    return [np.cumsum(rng.normal(size=(n, channels)), axis=0) for n in lengths]


@pytest.mark.parametrize("distance", nearest.DISTANCES)
@pytest.mark.parametrize(
    "lengths", [(1, 1), (1, 7), (7, 1), (2, 3), (40, 55), (101, 30)]
)
def test_equals_the_library(lengths, distance):
    for seed in range(5):
        a, b = _walks(seed, lengths)
        found = time_warping.warp(*nearest.prepare([a, b], distance=distance))
        np.testing.assert_array_equal(found, _by_library(a, b, distance))


def test_by_hand():
    # As in test_correspondence: the path (0,0) (1,1) (2,1) (3,2) (3,3) (4,4).
    a, b = (
        np.array(v, float)[:, None] for v in ([0, 1, 0, 3, 4], [0, 1, 2, 3, 4])
    )
    videos = nearest.prepare([a, b], distance="sqeuclidean")
    assert time_warping.warp(*videos).tolist() == [0, 1, 1, 2, 4]


def test_equal_videos_that_stand_still_are_joined_frame_by_frame():
    walk = np.repeat(_walks(0, [30])[0], 3, axis=0)
    videos = nearest.prepare([walk, walk], distance="sqeuclidean")
    found = time_warping.warp(*videos)
    # Within the three equal frames any partner is as good.
    np.testing.assert_array_equal(found // 3, np.arange(90) // 3)
    assert (np.diff(found) >= 0).all()


def test_long_videos_are_warped_in_bounded_memory(monkeypatch):
    a, b = _walks(0, (1500, 1200))
    expected = correspondence.align(a, b, method="dtw")
    monkeypatch.setattr(correspondence, "_MAX_CELLS", 1500 * 1200 - 1)
    monkeypatch.setattr(time_warping, "_BLOCK", 1 << 15)
    tracemalloc.start()
    found = correspondence.align(a, b, method="dtw")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, expected)
    # The whole matrix is 1500 x 1200 x 8 = 14.4 MB. Twice sqrt(1500) = 38 rows
    # of 1200 are 0.73 MB, a block and its copies 0.26 MB each.
    assert peak < 2.5e6


def test_nearest_neighbours_of_long_videos_need_bounded_memory():
    a, b = _walks(0, (6000, 5000), channels=2)
    tracemalloc.start()
    nearest.nearest(a, b, distance="sqeuclidean")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The whole matrix is 240 MB, a block 4 MB.
    assert peak < 20e6
