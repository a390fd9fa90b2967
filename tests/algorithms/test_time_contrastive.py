"""Pairs of steps, n-pairs and triplets against the original and by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tcc.algorithms import time_contrastive
from tcc.configs import schema
from tests import golden_values


def _sample(seq_len, number, anchors, window=5):
    return time_contrastive.sample_pairs(
        {"seq_len": tf.constant(seq_len, tf.int64)},
        tf.constant([3, number], tf.int32),
        sample_anchors=lambda unused_video, unused_seed: tf.constant(
            anchors, tf.int64
        ),
        positive_window=window,
    ).numpy()


def test_positives_stand_behind_their_anchors_and_shortly_before_them():
    anchors = [0, 1, 3, 5, 40]
    found: list[set[int]] = [set() for _ in anchors]
    for number in range(200):
        pairs = _sample(50, number, anchors)
        np.testing.assert_array_equal(pairs[0::2], anchors)
        for positives, positive in zip(found, pairs[1::2], strict=True):
            positives.add(int(positive))
    # Each of s - 5, ..., s - 1 that exists; frame 0 has only itself.
    assert found == [
        {0},
        {0},
        {0, 1, 2},
        {0, 1, 2, 3, 4},
        {35, 36, 37, 38, 39},
    ]


def test_positives_are_uniform_over_their_window():
    pairs = np.stack([_sample(50, number, [40] * 50) for number in range(20)])
    counts = np.bincount(40 - pairs[:, 1::2].ravel())
    # 200 each of 1000, give or take 5 deviations of 12.6.
    assert np.all(np.abs(counts[1:] - 200) < 63)


def test_pairs_have_a_static_shape():
    @tf.function
    def sample(seed):
        return time_contrastive.sample_pairs(
            {"seq_len": tf.constant(9, tf.int64)},
            seed,
            sample_anchors=lambda video, seed: tf.range(video["seq_len"])[:4],
            positive_window=2,
        )

    assert sample(tf.constant([0, 0])).shape == (8,)


@pytest.mark.parametrize("case", ["npairs/0", "npairs/1"])
def test_npairs_is_the_original(case):
    golden = golden_values.load(case)
    anchors = tf.constant(golden["anchor"])
    positives = tf.constant(golden["positive"])
    with tf.GradientTape() as tape:
        tape.watch([anchors, positives])
        loss = time_contrastive.npairs_loss(
            anchors,
            positives,
            reg_lambda=golden_values.settings(case)["reg_lambda"],
        )
    np.testing.assert_allclose(loss, golden["loss"], rtol=1e-5)
    gradients = tape.gradient(loss, [anchors, positives])
    for name, gradient in zip(("anchor", "positive"), gradients, strict=True):
        np.testing.assert_allclose(
            gradient, golden[f"grad_{name}"], rtol=1e-4, atol=1e-6
        )


def _loss(objective, embs, steps):
    return objective.objective_on_embeddings(
        embs, {"steps": steps}, training=True, seed=tf.constant([0, 0])
    )


def test_a_video_of_pairs_is_the_original(make_objective):
    golden = golden_values.load("tcn_seq/0")
    embs = tf.constant(golden["embs"][np.newaxis])  # 5 pairs, interleaved
    with tf.GradientTape() as tape:
        tape.watch(embs)
        loss, metrics = _loss(
            make_objective("tcn"), embs, tf.range(10, dtype=tf.int64)[None]
        )
    np.testing.assert_allclose(loss, golden["loss"], rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(loss, embs)[0], golden["grad"], rtol=1e-4, atol=1e-6
    )
    assert metrics["tcn_loss"] == loss


def test_every_video_has_its_own_rows(make_objective):
    """Defect 3 of the original: with several videos it mixed their rows."""
    golden = golden_values.load("tcn_split")
    right, wrong = golden["right"], golden["out"]
    assert np.any(right != wrong)
    objective = make_objective("tcn")
    steps = tf.tile(tf.range(8, dtype=tf.int64)[None], [3, 1])
    rows = tf.reshape(golden["in"], right.shape)
    whole, _ = _loss(objective, rows, steps)
    single = [
        _loss(objective, right[i : i + 1], steps[:1])[0] for i in range(3)
    ]
    np.testing.assert_allclose(whole, np.mean(single), rtol=1e-5)


def test_accuracy_counts_anchors_that_find_their_positive(make_objective):
    # The first and the third find theirs; to the second all are equally far.
    anchors, positives = np.eye(8)[[0, 1, 2]], np.eye(8)[[0, 3, 2]]
    embs = np.stack([anchors, positives], axis=1).reshape(1, 6, 8)
    _, metrics = _loss(
        make_objective("tcn"),
        tf.constant(embs, tf.float32),
        tf.range(6, dtype=tf.int64)[None],
    )
    np.testing.assert_allclose(metrics["tcn_accuracy"], 2 / 3, rtol=1e-6)


def _slow_triplet_loss(anchors, positives, candidates, is_negative, margin):
    losses = []
    for a, p, allowed in zip(anchors, positives, is_negative, strict=True):
        to_positive = np.sum((a - p) ** 2)
        gaps = [
            np.sum((a - c) ** 2)
            for c, ok in zip(candidates, allowed, strict=True)
            if ok
        ]
        farther = [gap for gap in gaps if gap > to_positive]
        if gaps:
            chosen = min(farther) if farther else max(gaps)
            losses.append(max(0.0, to_positive - chosen + margin))
    return np.mean(losses) if losses else 0.0


def test_triplets_by_hand():
    # Anchor 0, positive 1 (distance 1), candidates 1.2 (1.44), 3 (9), .5 (.25).
    anchor, positive = tf.constant([[[0.0]]]), tf.constant([[[1.0]]])
    candidates = tf.constant([[[1.2], [3.0], [0.5]]])

    def loss(*allowed):
        return time_contrastive.triplet_loss(
            anchor, positive, candidates, tf.constant([[allowed]]), margin=0.5
        )

    # Semi-hard is 1.44: 1 - 1.44 + .5.
    np.testing.assert_allclose(loss(True, True, True), 0.06, atol=1e-6)
    # 9 is beyond the margin.
    np.testing.assert_allclose(loss(False, True, True), 0.0)
    # None is farther than the positive: the farthest, 1 - .25 + .5.
    np.testing.assert_allclose(loss(False, False, True), 1.25, atol=1e-6)
    np.testing.assert_allclose(loss(False, False, False), 0.0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_triplets_are_those_of_loops(jit_compile):
    random = np.random.default_rng(5)
    shape = (7, 4)
    anchors, positives, candidates = random.normal(size=(3, *shape))
    is_negative = random.uniform(size=(7, 7)) < 0.4
    is_negative[2] = False
    function = tf.function(
        time_contrastive.triplet_loss, jit_compile=jit_compile
    )
    tensors = [
        tf.constant(value, tf.float32)
        for value in (anchors, positives, candidates)
    ]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = function(*tensors, tf.constant(is_negative), margin=2.0)
    expected = _slow_triplet_loss(
        anchors, positives, candidates, is_negative, 2.0
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    for gradient in tape.gradient(loss, tensors):
        assert np.all(np.isfinite(gradient))


def test_collapsed_embeddings_have_finite_triplet_gradients(make_objective):
    objective = make_objective(
        "tcn", tcn=schema.TimeContrastiveConfig(loss_type="triplet")
    )
    for value in (0.0, 1.0):
        embs = tf.fill([2, 8, 8], value)
        steps = tf.tile(20 * tf.range(8, dtype=tf.int64)[None], [2, 1])
        with tf.GradientTape() as tape:
            tape.watch(embs)
            loss, _ = _loss(objective, embs, steps)
        np.testing.assert_allclose(loss, 0.2, atol=1e-6)  # the margin
        assert np.all(np.isfinite(tape.gradient(loss, embs)))


def test_negatives_are_far_in_time(make_objective):
    config = schema.TimeContrastiveConfig(
        loss_type="triplet", negative_window=10, margin=0.2
    )
    objective = make_objective("tcn", tcn=config)
    steps = np.array([[3, 1, 9, 6, 30, 28]])  # three pairs
    embs = np.random.default_rng(0).normal(size=(1, 6, 8)).astype(np.float32)
    loss, _ = _loss(objective, tf.constant(embs), tf.constant(steps))
    rows = embs[0] / np.linalg.norm(embs[0], axis=-1, keepdims=True)
    partners = rows[[1, 0, 3, 2, 5, 4]]
    far = np.abs(steps[0][:, None] - steps[0]) > 10
    expected = _slow_triplet_loss(rows, partners, rows, far, 0.2)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize("loss_type", ["npairs", "triplet"])
def test_views_of_one_moment_are_positives(make_objective, loss_type):
    config = schema.TimeContrastiveConfig(views="multi", loss_type=loss_type)
    objective = make_objective("tcn", tcn=config)
    assert objective.spec.sample_steps is None
    random = np.random.default_rng(1)
    embs = random.normal(size=(4, 5, 8)).astype(np.float32)
    embs[1], embs[3] = embs[0], embs[2]  # two cameras see the same
    steps = tf.tile(40 * tf.range(5, dtype=tf.int64)[None], [4, 1])
    embs *= 3
    aligned, metrics = _loss(objective, tf.constant(embs), steps)
    assert metrics["tcn_accuracy"] == 1.0
    embs[1], embs[3] = embs[1][::-1], embs[3][::-1]
    reversed_, _ = _loss(objective, tf.constant(embs), steps)
    assert aligned < reversed_
    with pytest.raises(ValueError, match=r"even number of videos.*Received: 3"):
        _loss(objective, tf.constant(embs[:3]), steps[:3])


def test_multi_view_npairs_is_the_pair_of_views(make_objective):
    config = schema.TimeContrastiveConfig(views="multi")
    embs = tf.random.stateless_normal([4, 5, 8], [0, 1])
    loss, _ = _loss(make_objective("tcn", tcn=config), embs, tf.zeros([4, 5]))
    pairs = [
        time_contrastive.npairs_loss(embs[i], embs[i + 1], reg_lambda=0.002)
        for i in (0, 2)
    ]
    np.testing.assert_allclose(loss, np.mean(pairs), rtol=1e-6)
