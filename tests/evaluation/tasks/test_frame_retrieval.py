import tracemalloc

import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.tasks import frame_retrieval
from tests.evaluation.examples import golden_embeddings, make_embeddings


def test_equals_a_loop_over_frames():
    rng = np.random.default_rng(0)
    embs = [rng.normal(size=(n, 3)) for n in (6, 9, 7)]
    labels = [rng.integers(-1, 3, len(e)) for e in embs]
    found = frame_retrieval.average_precision(embs, labels, counts=(1, 4))
    expected = np.zeros((3, 2))
    for i in range(3):
        others = [
            (embs[j][m], labels[j][m])
            for j in range(3)
            if j != i
            for m in range(len(embs[j]))
            if labels[j][m] >= 0
        ]
        for query, label in zip(embs[i], labels[i], strict=True):
            if label >= 0:
                order = np.argsort(
                    [np.sum((query - e) ** 2) for e, _ in others]
                )
                right = np.array([others[m][1] == label for m in order])
                expected[i] += [right[:1].mean(), right[:4].mean()]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_own_video_never_takes_part():
    # In its own video every frame would find its phase; in the other one all
    # frames show another.
    embs = [np.zeros((4, 1)), np.ones((4, 1))]
    labels = [np.zeros(4, int), np.ones(4, int)]
    val = make_embeddings(embs, labels)
    config = schema.EvalConfig(retrieval_counts=(1, 2))
    assert frame_retrieval.evaluate(val, val, config).score == 0


def test_equally_far_frames_count_by_their_share():
    # For both frames of the first video: one of the three candidates at
    # distance 0 is right, and K = 2 takes any two of them.
    embs = [np.zeros((2, 1)), np.zeros((3, 1))]
    labels = [np.array([5, 5]), np.array([5, 1, 2])]
    found = frame_retrieval.average_precision(embs, labels, counts=(2,))
    assert found[0, 0] == pytest.approx(2 / 3)


def test_distances_in_blocks_are_the_same(monkeypatch):
    _, val = golden_embeddings()
    config = schema.EvalConfig()
    whole = frame_retrieval.evaluate(val, val, config)
    monkeypatch.setattr(frame_retrieval, "_BLOCK", 500)
    parts = frame_retrieval.evaluate(val, val, config)
    assert parts.scalars == pytest.approx(whole.scalars, rel=1e-12)


def test_cosine_looks_at_directions():
    # By direction, (9, 0) finds (1, 0), phase 0; by distance (5, 5), phase 1.
    embs = [np.array([[9.0, 0.0]]), np.array([[1.0, 0.0], [5.0, 5.0]])]
    labels = [np.array([0]), np.array([0, 1])]
    for distance, expected in (("cosine", 1), ("sqeuclidean", 0)):
        found = frame_retrieval.average_precision(
            embs, labels, counts=(1,), distance=distance
        )
        assert found[0, 0] == expected


def test_reasons_and_notes():
    embs = [np.eye(3)] * 2
    bare = make_embeddings(embs)
    config = schema.EvalConfig(retrieval_counts=(2, 50))
    result = frame_retrieval.evaluate(bare, bare, config)
    assert "has a phase label" in result.skipped
    one = make_embeddings(embs, [np.zeros(3, int), -np.ones(3, int)])
    result = frame_retrieval.evaluate(one, one, config)
    assert "one labelled video" in result.skipped
    two = make_embeddings(embs, [np.arange(3)] * 2)
    result = frame_retrieval.evaluate(two, two, config)
    assert "no AP@K above 3" in result.notes[0]
    assert list(result.scalars) == ["frame_retrieval/val_pouring_ap_at_2"]


def test_a_sample_of_queries_finds_what_these_find_among_all():
    rng = np.random.default_rng(2)
    embs = [rng.normal(size=(n, 3)) for n in (16, 19, 17)]
    labels = [rng.integers(-1, 3, len(e)) for e in embs]
    queries = frame_retrieval.choose_queries(labels, limit=20)
    assert sum(part.sum() for part in queries) == 20
    assert all((v[q] >= 0).all() for v, q in zip(labels, queries, strict=True))
    found = frame_retrieval.average_precision(
        embs, labels, counts=(4,), queries=queries
    )
    # Frame by frame, the others without a label as queries.
    expected = np.zeros(3)
    for i, frames in enumerate(queries):
        for frame in np.flatnonzero(frames):
            one = [np.zeros(len(v), bool) for v in labels]
            one[i][frame] = True
            expected[i] += frame_retrieval.average_precision(
                embs, labels, counts=(4,), queries=one
            )[i, 0]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-12)


def test_many_queries_are_sampled_and_it_is_said():
    rng = np.random.default_rng(3)
    labels = [np.repeat([0, 1, 2], 10)] * 8
    val = make_embeddings(
        [v[:, None] + rng.normal(size=(30, 2)) for v in labels], labels
    )
    whole = frame_retrieval.evaluate(val, val, schema.EvalConfig())
    assert whole.protocol["queries"] == "all labelled frames"
    config = schema.EvalConfig(retrieval_max_queries=120)
    result = frame_retrieval.evaluate(val, val, config)
    assert "120 of 240 labelled frames" in str(result.protocol["queries"])
    # Precision@5 spreads by less than .5: sqrt(.25 / 120) = .05 at most.
    assert result.score == pytest.approx(whole.score, abs=0.1)
    assert frame_retrieval.evaluate(val, val, config).scalars == result.scalars
    exact = schema.EvalConfig(retrieval_max_queries=240)
    assert frame_retrieval.evaluate(val, val, exact).scalars == whole.scalars


def test_memory_is_bounded_by_the_block(monkeypatch):
    rng = np.random.default_rng(4)
    labels = [np.zeros(30, int)] * 100
    embs = [rng.normal(size=(30, 2)) for _ in labels]
    monkeypatch.setattr(frame_retrieval, "_BLOCK", 1 << 14)
    tracemalloc.start()
    frame_retrieval.average_precision(embs, labels, counts=(5,))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All distances are 3000 x 3000 x 8 = 72 MB, a block 0.13 MB.
    assert peak < 3e6
