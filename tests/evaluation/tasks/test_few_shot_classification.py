import dataclasses

import numpy as np
import pytest
from scipy import stats

from tcc.configs import schema
from tcc.evaluation.tasks import few_shot_classification
from tests import golden_values
from tests.evaluation.examples import golden_embeddings, make_embeddings

_CONFIG = schema.EvalConfig(few_shot_videos=(1, 2, 5), few_shot_episodes=10)


def test_episodes_are_those_of_the_original():
    golden = golden_values.load("tasks/0/few_shot_episodes")
    drawn = few_shot_classification.draw_episodes(
        12, (1, 2, 5), episodes=10, seed=42
    )
    for count in (1, 2, 5):
        assert drawn[count] == golden[str(count)].tolist()


def test_golden():
    train, val = golden_embeddings()
    expected = {
        tag: value
        for tag, value in golden_values.settings("tasks/0")["scalars"].items()
        if tag.startswith("few_shot_cxn/")
    }
    result = few_shot_classification.evaluate(train, val, _CONFIG)
    assert result.scalars.keys() == expected.keys()
    for tag, value in expected.items():
        assert result.scalars[tag] == pytest.approx(
            value, abs=1.01 / val.num_frames
        ), tag
    assert result.score == result.scalars["few_shot_cxn/val_pouring_5_accuracy"]


def test_processes_give_the_same_numbers(monkeypatch):
    train, val = golden_embeddings()
    here = few_shot_classification.evaluate(train, val, _CONFIG)
    monkeypatch.setattr(few_shot_classification, "_WORTH_PROCESSES", 0.0)
    calls = []
    parallel = few_shot_classification.joblib.Parallel

    def counted(**kwargs):
        calls.append(kwargs["n_jobs"])
        return parallel(**kwargs)

    monkeypatch.setattr(few_shot_classification.joblib, "Parallel", counted)
    config = dataclasses.replace(_CONFIG, few_shot_processes=2)
    there = few_shot_classification.evaluate(train, val, config)
    assert calls == [2]
    assert there.scalars == here.scalars


def test_half_width_is_that_of_scipy():
    values = np.array([0.2, 0.5, 0.4, 0.9])
    low, high = stats.t.interval(
        0.95, 3, loc=values.mean(), scale=stats.sem(values)
    )
    width = few_shot_classification.half_width(values)
    assert width == pytest.approx((high - low) / 2, rel=1e-12)
    assert few_shot_classification.half_width(np.ones(3)) == 0
    assert np.isnan(few_shot_classification.half_width(np.ones(1)))


def test_ragged_videos_and_fewer_videos_than_asked_for():
    embs = [np.arange(n, dtype=float)[:, None] for n in (4, 7, 5)]
    labels = [np.arange(len(e)) // 3 for e in embs]
    train = make_embeddings(embs, labels, split="train")
    result = few_shot_classification.evaluate(
        train, make_embeddings(embs, labels), _CONFIG
    )
    assert set(result.scalars) == {
        f"few_shot_cxn/{split}_pouring_{k}_{kind}"
        for split in ("train", "val")
        for k in (1, 2)
        for kind in ("accuracy", "ci")
    }
    assert "above 3 videos" in result.notes[0]


def test_episodes_of_one_phase_are_left_out_and_counted():
    embs = [np.arange(4, dtype=float)[:, None]] * 2
    labels = [np.array([0, 0, 1, 1]), np.array([1, 1, 1, 1])]
    train = make_embeddings(embs, labels, split="train")
    val = make_embeddings(embs[:1], labels[:1])
    config = schema.EvalConfig(few_shot_videos=(1,), few_shot_episodes=10)
    drawn = few_shot_classification.draw_episodes(2, (1,), episodes=10, seed=42)
    failed = drawn[1].count([1])
    assert 0 < failed < 10
    result = few_shot_classification.evaluate(train, val, config)
    assert f"{failed} of 10" in result.notes[0]
    assert result.score == 1.0


def test_unlabelled_data_are_skipped_with_the_reason():
    train, val = golden_embeddings()
    bare = make_embeddings(val.embs)
    result = few_shot_classification.evaluate(train, bare, _CONFIG)
    assert "no frame of 'val'" in result.skipped
