import itertools

import numpy as np
import pytest

from tcc.evaluation.statistics import bootstrap, pair_sample


def test_few_videos_have_all_their_pairs_in_order():
    pairs = pair_sample.choose(4, limit=12)
    expected = list(itertools.permutations(range(4), 2))
    assert list(map(tuple, pairs.tolist())) == expected
    assert pair_sample.choose(1, limit=1).shape == (0, 2)
    # The largest set of the paper, bowling of Penn Action: 134 x 133 pairs.
    assert len(pair_sample.choose(134, limit=40_000)) == 17_822


@pytest.mark.parametrize(
    ("num_videos", "limit"), [(30, 50), (30, 869), (300, 40_000), (900, 7)]
)
def test_a_sample_is_balanced_sorted_and_always_the_same(num_videos, limit):
    pairs = pair_sample.choose(num_videos, limit=limit)
    np.testing.assert_array_equal(
        pairs, pair_sample.choose(num_videos, limit=limit)
    )
    found = list(map(tuple, pairs.tolist()))
    assert len(set(found)) == limit and found == sorted(found)
    assert all(i != j for i, j in found)
    for column in pairs.T:
        counts = np.bincount(column, minlength=num_videos)
        # Each video limit / V times, rounded up or down.
        assert counts.max() - counts.min() <= 1


def test_parts_share_their_first_video():
    pairs = np.array([[0, 1], [0, 2], [3, 0], [5, 1], [5, 2]])
    parts = [pairs[part, 0].tolist() for part in pair_sample.by_first(pairs)]
    assert parts == [[0, 0], [3], [5, 5]]


def test_third_videos_are_any_others_alike():
    pairs = np.repeat([[0, 1], [3, 2], [4, 1]], 3000, axis=0)
    third = pair_sample.choose_third(pairs, 5)
    others = ({2, 3, 4}, {0, 1, 4}, {0, 2, 3})
    for found, allowed in zip(np.split(third, 3), others, strict=True):
        videos, counts = np.unique(found, return_counts=True)
        assert set(videos) == allowed
        # 1000 each, give or take 4 sqrt(3000 x 1/3 x 2/3) = 103.
        assert np.abs(counts - 1000).max() < 103


def _world(rng, num_videos):
    """Values of all pairs: effects of both videos, and of the pair."""
    first, second = rng.normal(size=(2, num_videos))
    return first[:, None] + second + rng.normal(scale=2, size=(num_videos,) * 2)


def test_the_mean_of_a_sample_is_unbiased(monkeypatch):
    values = _world(np.random.default_rng(0), 40)
    mean = values[~np.eye(40, dtype=bool)].mean()
    found = []
    for seed in range(400):
        monkeypatch.setattr(pair_sample, "_SEED", seed)
        i, j = pair_sample.choose(40, limit=100).T
        found.append(values[i, j].mean())
    # The mean of 400 samples, and 4 of its standard errors.
    assert abs(np.mean(found) - mean) < 4 * np.std(found) / np.sqrt(400)
    # What `standard_error` says is no less than what the samples show.
    i, j = pair_sample.choose(40, limit=100).T
    said = pair_sample.standard_error(values[i, j], 40)
    assert 0.9 * np.std(found) < said < 2 * np.std(found)


def test_standard_error_by_hand():
    # s of 1, 3, 5, 7 is sqrt((9 + 1 + 1 + 9) / 3); 4 of 20 pairs.
    values = np.array([1.0, 3.0, 5.0, 7.0])
    expected = np.sqrt(20 / 3) / 2 * np.sqrt(1 - 4 / 20)
    assert pair_sample.standard_error(values, 5) == pytest.approx(expected)
    assert pair_sample.standard_error(np.arange(6.0), 3) == 0
    assert pair_sample.note("tau", np.arange(6.0), 3) == []
    assert "4 of the 20 pairs" in pair_sample.note("tau", values, 5)[0]


def test_intervals_of_samples_cover_the_true_mean():
    """95 % intervals over worlds whose true mean is 0."""
    rng = np.random.default_rng(1)
    pairs = pair_sample.choose(60, limit=240)
    covered, moved, widths = [], [], []
    for _ in range(200):
        values = _world(rng, 60)[pairs[:, 0], pairs[:, 1]]
        low, high = bootstrap.of_pairs(pairs, values, num_videos=60, count=200)
        covered.append(low <= 0 <= high)
        moved.append(values.mean())
        widths.append(high - low)
    # The standard deviation of the mean is sqrt((1 + 1) / 60 + 4 / 240) = .22
    # and that of a draw at most sqrt(2 / 60 + 3 x 6 / 240) = .33.
    assert np.std(moved) == pytest.approx(0.224, rel=0.2)
    assert 2 * 1.96 * 0.2 < np.mean(widths) < 2 * 1.96 * 0.35
    assert np.mean(covered) > 0.93
