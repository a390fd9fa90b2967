import itertools

import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.statistics import pair_sample
from tcc.evaluation.tasks import cycle_consistency
from tcc.matching import nearest
from tests.evaluation.examples import make_embeddings


def _nn(query, candidates):
    return np.array(
        [np.argmin([np.sum((q - c) ** 2) for c in candidates]) for q in query]
    )


def _videos():
    rng = np.random.default_rng(3)
    return [rng.normal(size=(n, 2)) for n in (7, 9, 6, 8)]


@pytest.mark.parametrize("tolerance", [0, 1])
def test_cycles_equal_loops(tolerance):
    videos = _videos()
    neighbors = nearest.pairwise_neighbors(videos, distance="sqeuclidean")
    two = cycle_consistency.two_way(neighbors, tolerance=tolerance)
    three = cycle_consistency.three_way(neighbors, tolerance=tolerance)
    for i, j in itertools.permutations(range(4), 2):
        start = np.arange(len(videos[i]))
        to_j = _nn(videos[i], videos[j])
        away = np.abs(_nn(videos[j], videos[i])[to_j] - start)
        assert two[0][i, j] == np.mean(away <= tolerance)
        assert two[1][i, j] == pytest.approx(away.mean() / len(start))
        shares, errors = [], []
        for k in set(range(4)) - {i, j}:
            to_k = _nn(videos[j], videos[k])[to_j]
            away = np.abs(_nn(videos[k], videos[i])[to_k] - start)
            shares.append(np.mean(away <= tolerance))
            errors.append(away.mean() / len(start))
        assert three[0][i, j] == pytest.approx(np.mean(shares))
        assert three[1][i, j] == pytest.approx(np.mean(errors))
    assert np.isnan(np.diag(two[0])).all()


def test_equal_videos_return_and_constant_ones_do_not():
    line = np.arange(5.0)[:, None]
    same = make_embeddings([line] * 3)
    result = cycle_consistency.evaluate(same, same, schema.EvalConfig())
    assert result.score == 1
    assert result.scalars[
        "cycle_consistency/pouring_val_three_way_error"
    ] == pytest.approx(0)
    # All frames alike: every cycle ends at frame 0, at most 1 frame from 2 of
    # the 5 frames.
    flat = make_embeddings([np.ones((5, 1))] * 3)
    result = cycle_consistency.evaluate(flat, flat, schema.EvalConfig())
    assert result.score == pytest.approx(2 / 5)


def test_few_videos():
    two = make_embeddings(_videos()[:2])
    result = cycle_consistency.evaluate(two, two, schema.EvalConfig())
    assert "no three-way" in result.notes[0]
    assert not any("three_way" in tag for tag in result.scalars)
    one = make_embeddings(_videos()[:1])
    result = cycle_consistency.evaluate(two, one, schema.EvalConfig())
    assert "one video" in result.skipped


def test_sampled_cycles_equal_loops():
    rng = np.random.default_rng(5)
    videos = [rng.normal(size=(n, 2)) for n in rng.integers(4, 9, 12)]
    pairs = pair_sample.choose(12, limit=30)
    third = pair_sample.choose_third(pairs, 12)
    found = cycle_consistency.of_sample(
        videos, pairs, tolerance=1, distance="sqeuclidean"
    )
    for place, ((i, j), k) in enumerate(zip(pairs, third, strict=True)):
        start = np.arange(len(videos[i]))
        to_j = _nn(videos[i], videos[j])
        to_k = _nn(videos[j], videos[k])[to_j]
        for name, ends in (
            ("two_way", _nn(videos[j], videos[i])[to_j]),
            ("three_way", _nn(videos[k], videos[i])[to_k]),
        ):
            away = np.abs(ends - start)
            assert found[name][0][place] == np.mean(away <= 1)
            assert found[name][1][place] == pytest.approx(
                away.mean() / len(start)
            )


def test_many_videos_are_sampled_and_it_is_said():
    rng = np.random.default_rng(6)
    line = np.linspace(0, 9, 10)[:, None]
    clips = make_embeddings(
        [line + rng.normal(scale=0.3, size=(10, 1)) for _ in range(25)]
    )
    whole = cycle_consistency.evaluate(clips, clips, schema.EvalConfig())
    assert whole.protocol["pairs"] == "all 600 ordered pairs"
    config = schema.EvalConfig(max_pairs=200)
    result = cycle_consistency.evaluate(clips, clips, config)
    assert "200 of 600 " in str(result.protocol["pairs"])
    assert "200 of the 600 pairs" in result.notes[0]
    for tag, value in whole.scalars.items():
        assert result.scalars[tag] == pytest.approx(value, abs=0.03)
    again = cycle_consistency.evaluate(clips, clips, config)
    assert again.scalars == result.scalars
