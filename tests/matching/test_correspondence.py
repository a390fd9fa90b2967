import numpy as np
import pytest

from tcc.matching import correspondence


def _column(values):
    return np.array(values, np.float32)[:, None]


def test_nearest_neighbour_may_run_backwards():
    index = correspondence.align(_column([0, 2, 1]), _column([0, 1, 2]))
    assert index.tolist() == [0, 2, 1]


def test_dtw_never_runs_backwards():
    # Best path: (0,0) (1,1) (2,1) (3,2) (3,3) (4,4), cost 0+0+1+1+0+0 = 2.
    # Frame 2 looks like frame 0, but that is past; frame 3 is joined with two
    # frames, of which the first is taken.
    args = _column([0, 1, 0, 3, 4]), _column([0, 1, 2, 3, 4])
    assert correspondence.align(*args).tolist() == [0, 1, 0, 3, 4]
    dtw = correspondence.align(*args, method="dtw")
    assert dtw.tolist() == [0, 1, 1, 2, 4]


def test_dtw_takes_the_middle_of_several_candidates():
    # Frame 1 of the query matches the frames 1 to 5 of the other video.
    index = correspondence.align(
        _column([0, 5, 9]), _column([0, 5, 5, 5, 5, 5, 9]), method="dtw"
    )
    assert index.tolist() == [0, 3, 6]


def _naive_dtw_cost(a, b):
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            step = np.square(a[i] - b[j]).sum()
            cost[i + 1, j + 1] = step + min(
                cost[i, j], cost[i, j + 1], cost[i + 1, j]
            )
    return cost[-1, -1]


def test_dtw_follows_an_optimal_path():
    rng = np.random.default_rng(0)
    a = np.cumsum(rng.normal(size=(12, 3)), axis=0)
    b = np.cumsum(rng.normal(size=(17, 3)), axis=0)
    from dtaidistance import dtw_ndim

    path = dtw_ndim.warping_path(a, b, use_c=True)
    cost = sum(np.square(a[i] - b[j]).sum() for i, j in path)
    assert cost == pytest.approx(_naive_dtw_cost(a, b))
    index = correspondence.align(a, b, method="dtw")
    assert set(enumerate(index.tolist())) <= set(path)


def test_cosine_ignores_length():
    a = np.array([[1.0, 0], [1, 1], [0, 1]])
    scaled = a * np.array([[5.0], [0.1], [30]])
    for method in correspondence.METHODS:
        index = correspondence.align(
            a, scaled, method=method, distance="cosine"
        )
        assert index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("method", correspondence.METHODS)
def test_single_frames(method):
    one, three = np.ones((1, 2)), np.ones((3, 2))
    assert correspondence.align(three, one, method=method).tolist() == [0] * 3
    assert len(correspondence.align(one, three, method=method)) == 1


def test_refuses_bad_input():
    rows = np.ones((2, 3))
    with pytest.raises(
        ValueError, match=r"method must be one of \('nn', 'dtw'"
    ):
        correspondence.align(rows, rows, method="soft")
    with pytest.raises(ValueError, match=r"Received: \(2, 3\) and \(2, 2\)"):
        correspondence.align(rows, rows[:, :2])
    with pytest.raises(ValueError, match="distance must be one of"):
        correspondence.align(rows, rows, method="dtw", distance="l1")
