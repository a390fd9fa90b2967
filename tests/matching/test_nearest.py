import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tcc.matching import nearest


def _check(a, b, distance):
    prepared = nearest.prepare([a, b], distance=distance)
    forth, back = nearest.nearest_both(*prepared, distance=distance)
    exact = cdist(a.astype(np.float64), b.astype(np.float64), distance)
    np.testing.assert_array_equal(forth, exact.argmin(axis=1))
    np.testing.assert_array_equal(back, exact.argmin(axis=0))


@pytest.mark.parametrize("distance", nearest.DISTANCES)
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_equals_scipy_with_exact_and_near_ties(distance, shift):
    rng = np.random.default_rng(3)
    b = rng.integers(-2, 3, (150, 6)).astype(np.float32) + np.float32(shift)
    b[10:40] = b[10]  # a video that stands still
    a = np.concatenate([b[::3], rng.integers(-2, 3, (20, 6)) + shift])
    _check(a.astype(np.float32), b, distance)


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(4)
    a = rng.integers(0, 3, (61, 4)).astype(np.float32)
    b = rng.integers(0, 3, (47, 4)).astype(np.float32)
    monkeypatch.setattr(nearest, "_BLOCK", 100)  # two rows at a time
    _check(a, b, "sqeuclidean")


def test_nearest_by_hand():
    # |0 - .9| < |0 - 2|, and 1.6 is nearer to 2 (.4) than to .9 (.7).
    query = np.array([[0.0], [1.6]])
    index = nearest.nearest(
        query, np.array([[0.9], [2.0]]), distance="sqeuclidean"
    )
    assert index.tolist() == [0, 1]


def test_cosine_ignores_length_and_survives_zero_vectors():
    candidates = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 1e-30]])
    query = np.array([[0.1, 0.0], [0.0, 5.0], [0.0, 0.0]])
    index = nearest.nearest(query, candidates, distance="cosine")
    # A zero vector is at distance 1 from all: the first wins.
    assert index.tolist() == [1, 2, 0]


@pytest.mark.parametrize("scale", [1e-20, 1e15])
def test_extreme_scales(scale):
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 30, 5)).astype(np.float32)
    _check(a * np.float32(scale), b * np.float32(scale), "sqeuclidean")


def test_single_frames():
    one = np.ones((1, 3), np.float32)
    assert nearest.nearest(one, one, distance="cosine").tolist() == [0]


def test_refuses_bad_input():
    rows = np.ones((2, 3))
    with pytest.raises(ValueError, match="distance must be one of"):
        nearest.nearest(rows, rows, distance="l1")
    with pytest.raises(ValueError, match="finite"):
        nearest.nearest(rows, rows * np.nan, distance="cosine")
