"""The similarity that is a cosine: against loops, and what it must not see."""

import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import compute_alignment_loss, deterministic, stochastic
from tests.alignment import oracle, running

_TEMPERATURE = 0.2


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def _cycle(videos, start):
    """Logits [T]: neighbours are sought, and found again, on the sphere."""
    query = _unit(videos[0][start])
    for video in videos[1:]:
        logits = _unit(video) @ _unit(query) / _TEMPERATURE
        query = oracle.softmax(logits) @ _unit(video)
    return logits


@pytest.fixture
def embs():
    return np.random.default_rng(7).normal(size=(3, 4, 5)).astype(np.float32)


def test_orthogonal_and_opposite_rows_by_hand():
    ones = tf.constant([[3.0, 0.0], [0.0, 0.5]])
    others = tf.constant([[2.0, 0.0], [0.0, -7.0]])
    # Cosines 1 and 0, 0 and -1, whatever the lengths; divided by .1, not by D.
    np.testing.assert_allclose(
        deterministic.get_scaled_similarity(ones, others, "true_cosine", 0.1),
        [[10.0, 0.0], [0.0, -10.0]],
        atol=1e-5,
    )


def test_a_pair_is_aligned_as_by_loops(embs):
    logits, labels = deterministic.align_pair_of_sequences(
        embs[0], embs[1], "true_cosine", _TEMPERATURE
    )
    expected = [_cycle([embs[0], embs[1], embs[0]], t) for t in range(4)]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(labels, np.eye(4))


def test_all_pairs_are_the_pairs(embs):
    logits = deterministic.align_all_pairs(
        tf.constant(embs), "true_cosine", _TEMPERATURE
    )
    for i, j in ((0, 1), (2, 0), (1, 2)):
        pair, _ = deterministic.align_pair_of_sequences(
            embs[i], embs[j], "true_cosine", _TEMPERATURE
        )
        np.testing.assert_allclose(logits[i, j], pair, rtol=1e-4, atol=1e-5)


def test_cycles_of_three_videos_are_as_by_loops(embs):
    cycles = [[0, 1, 2, 0], [2, 0, 1, 2]]
    logits, _ = stochastic._align(
        tf.constant(cycles),
        embs,
        4,
        2,
        3,
        "true_cosine",
        _TEMPERATURE,
        start_frames=tf.constant([1, 3]),
    )
    expected = [
        _cycle([embs[video] for video in cycle], start)
        for cycle, start in zip(cycles, (1, 3), strict=True)
    ]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stochastic_matching", [False, True])
def test_lengths_of_embeddings_do_not_matter(embs, stochastic_matching):
    def loss(values):
        return compute_alignment_loss(
            values,
            3,
            similarity_type="true_cosine",
            stochastic_matching=stochastic_matching,
            loss_type="regression_mse",
            seed=tf.constant([1, 2]),
        )

    lengths = np.random.default_rng(0).uniform(0.1, 9, (3, 4, 1))
    np.testing.assert_allclose(
        loss(embs), loss((embs * lengths).astype(np.float32)), rtol=1e-4
    )
    _, gradient = running.with_gradient(loss)(tf.constant(embs))
    # A gradient on the sphere has no part along the embedding.
    along = np.sum(gradient * embs, axis=-1)
    np.testing.assert_allclose(along, np.zeros([3, 4]), atol=1e-6)


@pytest.mark.parametrize("mode", running.MODES)
@pytest.mark.parametrize("value", [0.0, 1.0, 1e4])
def test_constant_embeddings_have_finite_gradients(value, mode):
    def loss(values):
        return compute_alignment_loss(
            values,
            2,
            similarity_type="true_cosine",
            loss_type="regression_mse_var",
        )

    result, gradient = running.in_mode(running.with_gradient(loss), mode)(
        tf.fill([2, 3, 4], value)
    )
    assert np.isfinite(result)
    assert np.all(np.isfinite(gradient))
