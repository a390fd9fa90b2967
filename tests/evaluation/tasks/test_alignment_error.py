import dataclasses

import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.tasks import alignment_error
from tests.evaluation.examples import golden_embeddings, make_embeddings


def test_positions_by_hand():
    # Two frames of phase 0 at 1/4 and 3/4 of it; phase 2 in one frame, at its
    # middle; phase 1 comes twice and has no position.
    labels = np.array([0, 0, 1, 2, 1, -1])
    np.testing.assert_array_equal(
        alignment_error.positions(labels),
        [0.25, 0.75, np.nan, 2.5, np.nan, np.nan],
    )


def test_errors_by_hand():
    # Query: 2 frames of phase 0 and 1 of phase 1. Candidate, a frame in half a
    # second: 4 of phase 0 at 1/8, 3/8, 5/8, 7/8 and 1 of phase 1.
    query = alignment_error.positions(np.array([0, 0, 1]))
    labels = np.array([0, 0, 0, 0, 1])
    candidates = alignment_error.positions(labels)
    times = np.arange(5) / 2
    errors = alignment_error.compare(
        np.array([1, 4, 4]), query, candidates, times
    )
    # .25 lies halfway between frames 0 and 1: .25 s; the match is at .5 s.
    # .75 between 2 and 3: 1.25 s; the match, in phase 1, is at 2 s.
    # 1.5 is frame 4: 2 s, as the match.
    assert errors.seconds == pytest.approx(0.25 + 0.75 + 0)
    # |3/8 - 1/4|, |1.5 - 3/4| and 0.
    assert errors.phases == pytest.approx(0.125 + 0.75)
    assert (errors.wrong, errors.frames) == (1, 3)


def test_frames_without_a_position_are_not_compared():
    query = alignment_error.positions(np.array([0, 1, -1]))
    candidates = alignment_error.positions(np.array([0, -1, 2]))
    # Phase 1 is not in the candidate; the last frame has no label.
    errors = alignment_error.compare(
        np.array([0, 0, 0]), query, candidates, np.arange(3.0)
    )
    assert errors.frames == 1
    # The match of the only shared phase has no label.
    errors = alignment_error.compare(
        np.array([1, 0, 0]), query, candidates, np.arange(3.0)
    )
    assert errors == alignment_error.Errors(0, 0, 0, 0)


def _positions_as_embeddings(*labels):
    embs = [alignment_error.positions(v)[:, None] for v in labels]
    return make_embeddings(embs, list(labels))


def test_perfect_embeddings_err_less_than_a_frame():
    val = _positions_as_embeddings(
        np.repeat([0, 1, 2], [5, 20, 9]),
        np.repeat([0, 1, 2], [15, 8, 12]),
        np.repeat([0, 1, 2], [9, 9, 9]),
    )
    result = alignment_error.evaluate(val, val, schema.EvalConfig())
    prefix = "alignment_error/pouring_val"
    # A frame at the edge of a phase can be as near to the next one.
    assert result.scalars[f"{prefix}_nn_wrong"] < 0.02
    # 30 frames per second: rounding to frames errs by half of one at most.
    assert result.score == result.scalars[f"{prefix}_nn_seconds"] <= 0.5 / 30
    assert result.scalars[f"{prefix}_dtw_seconds"] < 0.2


def test_dtw_mends_neighbors_that_jump():
    # The first and the last phase look alike: neighbours jump, DTW does not.
    labels = [np.repeat([0, 1, 2], n) for n in ([9, 7, 9], [9, 9, 9])]
    embs = [
        np.minimum(np.arange(len(v)), np.arange(len(v))[::-1]) for v in labels
    ]
    val = make_embeddings([e[:, None] for e in embs], labels)
    scalars = alignment_error.evaluate(val, val, schema.EvalConfig()).scalars
    prefix = "alignment_error/pouring_val"
    for measure in ("seconds", "phases", "wrong"):
        assert (
            scalars[f"{prefix}_dtw_{measure}"]
            < 0.5 * scalars[f"{prefix}_nn_{measure}"]
        )


def test_without_times_the_score_is_in_phases():
    _, val = golden_embeddings()
    unknown = dataclasses.replace(
        val, times=[np.full(len(t), np.nan) for t in val.times]
    )
    timed = alignment_error.evaluate(val, val, schema.EvalConfig())
    result = alignment_error.evaluate(val, unknown, schema.EvalConfig())
    prefix = "alignment_error/pouring_val"
    assert f"{prefix}_nn_seconds" not in result.scalars
    assert result.score == timed.scalars[f"{prefix}_nn_phases"]
    assert "no alignment error in seconds" in result.notes[0]


@pytest.mark.parametrize(
    ("limits", "pairs"),
    [
        ({}, "all 90 ordered pairs"),
        ({"alignment_max_pairs": 20}, "20 of 90 ordered pairs"),
        ({"max_pairs": 30}, "30 of 90 ordered pairs"),
        ({"max_pairs": 30, "alignment_max_pairs": 20}, "20 of 90 "),
    ],
)
def test_pairs_are_limited_by_the_smaller_setting(limits, pairs):
    rng = np.random.default_rng(0)
    val = make_embeddings(
        [rng.normal(size=(8, 2)) for _ in range(10)],
        [np.repeat([0, 1], [k % 3 + 2, 6 - k % 3]) for k in range(10)],
    )
    config = schema.EvalConfig(**limits)
    result = alignment_error.evaluate(val, val, config)
    assert str(result.protocol["pairs"]).startswith(pairs)
    again = alignment_error.evaluate(val, val, config)
    assert again.scalars == result.scalars


def test_reasons():
    embs = [np.eye(2)] * 2
    config = schema.EvalConfig()
    bare = make_embeddings(embs)
    assert "label" in alignment_error.evaluate(bare, bare, config).skipped
    one = make_embeddings(embs[:1], [np.array([0, 1])])
    assert "one labelled" in alignment_error.evaluate(one, one, config).skipped
    apart = make_embeddings(embs, [np.array([0, 0]), np.array([1, 1])])
    result = alignment_error.evaluate(apart, apart, config)
    assert "no two videos share a phase" in result.skipped
