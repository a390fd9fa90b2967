import numpy as np
import pytest

from tcc.evaluation.statistics import bootstrap


def test_draws_are_the_same_every_time_and_hold_all_videos():
    drawn = bootstrap.draws(4, count=50)
    assert drawn.shape == (50, 4)
    assert (drawn.sum(axis=1) == 4).all()
    np.testing.assert_array_equal(drawn, bootstrap.draws(4, count=50))


def test_interval_is_the_middle_95_percent():
    # 0, 1, ..., 40: 2.5 % of 40 steps is the value 1, 97.5 % is 39.
    scores = np.array([np.nan, *range(41)], float)
    assert bootstrap.interval(scores) == pytest.approx((1, 39))
    assert np.isnan(bootstrap.interval(np.array([np.nan]))).all()


def test_ratio_equals_a_loop_over_resampled_videos():
    rng = np.random.default_rng(0)
    sizes = rng.integers(5, 20, 6).astype(float)
    right = np.floor(sizes * rng.uniform(size=6))
    scores = []
    for counts in bootstrap.draws(6, count=200):
        chosen = np.repeat(np.arange(6), counts)
        scores.append(right[chosen].sum() / sizes[chosen].sum())
    expected = np.quantile(scores, [0.025, 0.975])
    found = bootstrap.of_ratio(right, sizes, count=200)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_pairs_equal_a_loop_over_resampled_videos(weighted):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(5, 5))
    values[1, 3] = np.nan
    sizes = rng.integers(1, 9, (5, 5)).astype(float) if weighted else None
    scores = []
    for counts in bootstrap.draws(5, count=200):
        chosen = np.repeat(np.arange(5), counts)
        above = below = 0.0
        for i in chosen:
            for j in chosen:
                if i != j and np.isfinite(values[i, j]):
                    above += values[i, j]
                    below += 1.0 if sizes is None else sizes[i, j]
        scores.append(above / below if below else np.nan)
    expected = np.nanquantile(scores, [0.025, 0.975])
    pairs = np.argwhere(~np.eye(5, dtype=bool))
    first, second = pairs.T
    found = bootstrap.of_pairs(
        pairs,
        values[first, second],
        None if sizes is None else sizes[first, second],
        num_videos=5,
        count=200,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_one_video_says_nothing_of_others():
    one = np.ones(1)
    assert np.isnan(bootstrap.of_ratio(one, one, count=9)).all()
    none = np.zeros((0, 2), int)
    found = bootstrap.of_pairs(none, np.zeros(0), num_videos=1, count=9)
    assert np.isnan(found).all()
