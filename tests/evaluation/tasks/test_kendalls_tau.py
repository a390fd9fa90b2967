import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import kendalltau

from tcc.configs import schema
from tcc.evaluation.statistics import pair_sample
from tcc.evaluation.tasks import kendalls_tau
from tcc.matching import nearest
from tests import golden_values
from tests.evaluation.examples import make_embeddings, split_rows


def test_tau_b_by_hand():
    neighbors = np.array(
        [
            [0, 1, 2, 3],  # 6 concordant: 6 / sqrt(6 * 6) = 1
            [3, 2, 1, 0],  # 6 discordant: -1
            [0, 0, 1, 1],  # 4 concordant, 2 ties: 4 / sqrt(6 * 4)
            [1, 0, 2, 2],  # 4 up, 1 down, 1 tie: 3 / sqrt(6 * 5)
            [7, 7, 7, 7],  # no order at all
        ]
    )
    tau = kendalls_tau.tau_b(neighbors)
    expected = [1, -1, 4 / np.sqrt(24), 3 / np.sqrt(30), np.nan]
    np.testing.assert_allclose(tau, expected, rtol=1e-15)


@pytest.mark.parametrize("n", [2, 3, 17, 255, 256, 300])
def test_tau_b_equals_scipy(n):
    rng = np.random.default_rng(n)
    neighbors = rng.integers(0, max(2, n // 3), (6, n))
    expected = [kendalltau(np.arange(n), row)[0] for row in neighbors]
    np.testing.assert_allclose(
        kendalls_tau.tau_b(neighbors), expected, rtol=1e-14, atol=1e-15
    )


def test_tau_b_of_indices_beyond_the_length():
    # Short queries into a long video: indices need more than 8 bits.
    neighbors = np.array([[5, 300, 70000]])
    assert kendalls_tau.tau_b(neighbors).tolist() == [1.0]


def test_tau_b_of_a_single_frame_is_undefined():
    assert np.isnan(kendalls_tau.tau_b(np.array([[3]]))).all()


@pytest.mark.parametrize("case", ["tau/0", "tau/1"])
@pytest.mark.parametrize("distance", ["sqeuclidean", "cosine"])
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_golden(case, distance, stride):
    golden = golden_values.load(case)
    embs = split_rows(golden["embs"], golden["lens"])
    taus = kendalls_tau.pairwise_tau(embs, stride=stride, distance=distance)
    pairs = taus[~np.eye(len(embs), dtype=bool)]
    key = f"{distance}/stride{stride}"
    np.testing.assert_allclose(pairs, golden[f"{key}/pairs"], rtol=1e-9)
    numbers = kendalls_tau.summarize(taus)
    assert numbers["align_tau"] == pytest.approx(
        float(golden[f"{key}/tau"]), abs=1e-9
    )
    assert numbers["valid_share"] == 1
    assert numbers["align_tau_zero_counted"] == pytest.approx(
        numbers["align_tau"]
    )


def test_golden_undefined_pairs_are_reported():
    golden = golden_values.load("tau/nan")
    embs = split_rows(golden["embs"], golden["lens"])
    taus = kendalls_tau.pairwise_tau(embs)
    pairs = golden["sqeuclidean/stride1/pairs"]
    np.testing.assert_allclose(taus[~np.eye(3, dtype=bool)], pairs, rtol=1e-9)
    numbers = kendalls_tau.summarize(taus)
    tau = float(golden["sqeuclidean/stride1/tau"])
    assert numbers["align_tau"] == pytest.approx(tau, abs=1e-9)
    valid = int((~np.isnan(pairs)).sum())
    assert 0 < valid < 6
    assert numbers["valid_share"] == pytest.approx(valid / 6)
    assert numbers["align_tau_zero_counted"] == pytest.approx(tau * valid / 6)


def test_equals_pairwise_scipy_on_videos_that_stand_still():
    rng = np.random.default_rng(8)
    embs = []
    for length in (33, 50, 21):
        walk = np.cumsum(rng.normal(size=(length, 4)), axis=0)
        embs.append(np.repeat(walk, 2, axis=0).astype(np.float32))
    taus = kendalls_tau.pairwise_tau(embs)
    for i, query in enumerate(embs):
        for j, candidates in enumerate(embs):
            if i != j:
                index = cdist(query, candidates, "sqeuclidean").argmin(axis=1)
                expected = kendalltau(np.arange(len(query)), index)[0]
                assert taus[i, j] == pytest.approx(expected, rel=1e-13)


def test_task_scalars_have_the_tags_of_the_original():
    line = np.linspace(0, 1, 30)[:, None]
    result = kendalls_tau.evaluate(
        make_embeddings([line, line**2, -line], split="train"),
        make_embeddings([line, line**2]),
        schema.EvalConfig(kendalls_tau_stride=1),
    )
    assert result.score == result.scalars["kendalls_tau/pouring_val_align_tau"]
    assert result.score > 0.95
    assert result.scalars["kendalls_tau/pouring_val_valid_share"] == 1
    # The mirrored line has one neighbour only, the start of the others.
    share = result.scalars["kendalls_tau/pouring_train_valid_share"]
    assert share == pytest.approx(2 / 6)
    assert any("undefined for 67%" in note for note in result.notes)
    assert result.arrays["val"].shape == (2,)
    assert result.arrays["val_pairs"].tolist() == [[0, 1], [1, 0]]
    assert result.protocol["val_pairs"] == "all 2 ordered pairs"
    assert result.protocol["train_pairs"] == "all 6 ordered pairs"


def test_task_on_one_video_says_why_it_is_skipped():
    one = make_embeddings([np.eye(4)])
    result = kendalls_tau.evaluate(one, one, schema.EvalConfig())
    assert "pairs of videos" in result.skipped
    assert result.score is None


def test_collapsed_embeddings_have_no_valid_pair():
    flat = make_embeddings([np.ones((9, 4)), np.ones((7, 4))])
    result = kendalls_tau.evaluate(
        flat, flat, schema.EvalConfig(kendalls_tau_stride=1)
    )
    assert np.isnan(result.score)
    prefix = "kendalls_tau/pouring_val"
    assert result.scalars[f"{prefix}_valid_share"] == 0
    assert result.scalars[f"{prefix}_align_tau_zero_counted"] == 0


def test_refuses_a_stride_below_one():
    with pytest.raises(ValueError, match="stride must be 1 or more"):
        kendalls_tau.pairwise_tau([np.eye(3)], stride=0)


def _clips(count, *, split="val"):
    """Noisy clips of one course, of different lengths."""
    rng = np.random.default_rng(count)
    course = np.cumsum(rng.normal(size=(30, 4)), axis=0)
    return make_embeddings(
        [
            course[np.sort(rng.integers(0, 30, rng.integers(5, 12)))]
            + rng.normal(scale=0.5, size=(1, 4))
            for _ in range(count)
        ],
        split=split,
    )


def test_pairs_of_a_sample_have_the_tau_of_all_pairs():
    clips = _clips(20)
    pairs = pair_sample.choose(20, limit=90)
    i, j = pairs.T
    found = kendalls_tau.tau_of_pairs(clips.embs, pairs)
    expected = kendalls_tau.pairwise_tau(clips.embs)[i, j]
    np.testing.assert_array_equal(found, expected)


def test_a_sample_that_covers_all_pairs_is_all_pairs():
    clips = _clips(12)
    whole = kendalls_tau.evaluate(
        clips, clips, schema.EvalConfig(kendalls_tau_stride=1)
    )
    exact = kendalls_tau.evaluate(
        clips,
        clips,
        schema.EvalConfig(kendalls_tau_stride=1, max_pairs=12 * 11),
    )
    assert exact.scalars == whole.scalars
    assert exact.intervals == whole.intervals
    assert not any("sample" in note for note in exact.notes)


def test_many_videos_are_sampled_and_it_is_said():
    train, val = _clips(50, split="train"), _clips(30)
    config = schema.EvalConfig(
        max_pairs=300, kendalls_tau_stride=1, bootstrap_draws=50
    )
    result = kendalls_tau.evaluate(train, val, config)
    assert len(result.arrays["train"]) == len(result.arrays["val"]) == 300
    # 50 x 49 = 2450 and 30 x 29 = 870 pairs.
    assert "300 of 2,450 " in str(result.protocol["train_pairs"])
    assert "300 of 870 " in str(result.protocol["val_pairs"])
    assert any("300 of the 870 pairs" in note for note in result.notes)
    again = kendalls_tau.evaluate(train, val, config)
    assert again.scalars == result.scalars
    assert again.intervals == result.intervals
    # All pairs are within a few standard errors.
    whole = kendalls_tau.summarize(kendalls_tau.pairwise_tau(val.embs))
    error = pair_sample.standard_error(result.arrays["val"], 30)
    assert abs(result.score - whole["align_tau"]) < 4 * error


def test_the_number_of_comparisons_does_not_grow(monkeypatch):
    calls = []
    one = nearest.nearest_in

    def counted(*args, **settings):
        calls.append(1)
        return one(*args, **settings)

    monkeypatch.setattr(nearest, "nearest_in", counted)
    config = schema.EvalConfig(max_pairs=100, bootstrap_draws=5)
    counts = []
    for size in (20, 80):
        calls.clear()
        clips = _clips(size)
        kendalls_tau.evaluate(clips, clips, config)
        counts.append(len(calls))
    assert counts == [200, 200]  # 100 of each split


def test_memory_grows_with_the_videos_and_not_their_square():
    peaks = []
    for size in (300, 1200):
        clips = _clips(size)
        config = schema.EvalConfig(max_pairs=500, bootstrap_draws=5)
        tracemalloc.start()
        kendalls_tau.evaluate(clips, clips, config)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Four times the videos; a matrix of pairs would be 16 times as large.
    assert peaks[1] < 6 * peaks[0]
    assert peaks[1] < 2 * 1200**2  # two bytes a pair
