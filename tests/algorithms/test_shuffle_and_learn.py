"""Triplets with the original's properties; what the classifier sees."""

import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms
from tcc.algorithms import shuffle_and_learn
from tcc.configs import schema
from tests import golden_values


def _draw(number, **settings):
    arguments = {
        "num_videos": 2,
        "num_steps": 20,
        "num_triplets": 8,
        "shuffled_share": 0.75,
    } | settings
    return shuffle_and_learn.draw_triplets(
        arguments.pop("num_videos"),
        arguments.pop("num_steps"),
        tf.constant([11, number], tf.int32),
        **arguments,
    )


def _check_triplets(indices, labels, num_steps):
    """What holds for every triplet of the original and of ours."""
    first, middle, last = np.moveaxis(np.asarray(indices), -1, 0)
    assert indices.min() >= 0
    assert indices.max() < num_steps
    low, high = np.minimum(first, last), np.maximum(first, last)
    is_between = (low < middle) & (middle < high)
    np.testing.assert_array_equal(is_between, np.asarray(labels) == 0)
    # b and d of five steps a < b < c < d < e, forwards or backwards.
    assert low.min() >= 1
    assert high.max() <= num_steps - 2
    assert np.all(high - low >= 2)
    assert np.all(middle != first)
    assert np.all(middle != last)


@pytest.mark.parametrize("case", ["sal/0", "sal/1"])
def test_triplets_have_the_properties_of_the_original(case):
    golden, settings = golden_values.load(case), golden_values.settings(case)
    for draw in range(4):
        ours, labels = _draw(
            draw,
            num_videos=settings["B"],
            num_steps=settings["num_steps"],
            num_triplets=settings["num_samples"],
            shuffled_share=settings["shuffle_fraction"],
        )
        theirs = golden["indices"][draw], golden["labels"][draw]
        assert ours.shape == (settings["B"], settings["num_samples"], 3)
        ours = np.reshape(ours, [-1, 3]), np.reshape(labels, [-1])
        for indices, shuffled in (ours, theirs):
            _check_triplets(indices, shuffled, settings["num_steps"])
        count = settings["B"] * settings["num_samples"]
        shuffled = int(settings["shuffle_fraction"] * count)
        assert sum(ours[1]) == sum(theirs[1]) == shuffled


def test_all_choices_are_equally_likely():
    draw = tf.function(
        lambda seed: shuffle_and_learn.draw_triplets(
            3, 6, seed, num_triplets=2000, shuffled_share=0.5
        )
    )
    indices, labels = (np.array(x) for x in draw(tf.constant([0, 1])))
    shuffled = indices[labels == 1]
    ordered = indices[labels == 0]
    # 6 ways to leave one of 6 steps out, 2 directions (and 2 middles when
    # shuffled): of 3000 triplets 250 (125) each, give or take 5 deviations of
    # sqrt(3000 / 12) = 16 (11). Equal triplets come of several choices.
    for triplets, choices in ((ordered, 12), (shuffled, 24)):
        counts: dict[tuple, int] = {}
        for five in (np.delete(np.arange(6), i) for i in range(6)):
            for row in (five, five[::-1]):
                for middle in [2] if choices == 12 else [0, 4]:
                    key = (row[1], row[middle], row[3])
                    counts[key] = counts.get(key, 0) + 1
        found = dict.fromkeys(counts, 0)
        for triplet in triplets:
            found[tuple(triplet)] += 1
        for key, ways in counts.items():
            expected = ways * len(triplets) / choices
            assert abs(found[key] - expected) < 5 * np.sqrt(expected), key
    # Shuffled ones are spread over videos and places.
    assert np.all(np.abs(labels.mean(axis=1) - 0.5) < 0.06)


def test_one_seed_one_draw_and_another_another():
    one, other = _draw(1), _draw(2)
    again = tf.function(lambda: _draw(1))()
    np.testing.assert_array_equal(one[0], again[0])
    np.testing.assert_array_equal(one[1], again[1])
    assert np.any(one[0] != other[0])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_none_can_be_shuffled(share):
    _, labels = _draw(0, shuffled_share=share)
    np.testing.assert_array_equal(labels, np.full([2, 8], int(share)))


def test_fewer_than_five_steps_are_refused():
    indices, _ = _draw(0, num_steps=5)
    assert set(np.unique(indices)) <= {0, 1, 2, 3, 4}
    with pytest.raises(ValueError, match=r"at least 5.* Received: 4"):
        _draw(0, num_steps=4)


@pytest.fixture
def objective(make_objective):
    return make_objective("sal")


def test_embeddings_of_a_video_stay_together(objective):
    """Defect 4 of the original: its gather mixed videos and times."""
    embs = tf.random.stateless_normal([3, 6, 8], [1, 2])
    seen = []

    def classify(triplets, **unused):
        seen.append(triplets.numpy())
        return tf.zeros([len(triplets), 2])

    objective.classify = classify
    objective.objective_on_embeddings(
        embs, {}, training=True, seed=tf.constant([4, 5])
    )
    triplets = np.reshape(seen[0], [3, 8, 3, 8])
    for video in range(3):
        for row in triplets[video].reshape(-1, 8):
            assert any(np.array_equal(row, step) for step in embs[video])


def test_loss_and_accuracy_by_hand(objective):
    # Logits that always say "in order", by 2: of 16 triplets 12 are shuffled.
    objective.classify = lambda triplets, **unused: tf.tile(
        [[2.0, 0.0]], [len(triplets), 1]
    )
    loss, metrics = objective.objective_on_embeddings(
        tf.zeros([2, 6, 8]), {}, training=False, seed=tf.constant([0, 0])
    )
    right = np.log(1 + np.exp(-2.0))  # -log softmax of the larger logit
    np.testing.assert_allclose(loss, 0.25 * right + 0.75 * (right + 2.0), 1e-6)
    assert metrics["sal_accuracy"] == 0.25
    assert metrics["sal_loss"] == loss


def test_gradients_reach_head_and_embeddings(objective):
    embs = tf.random.stateless_normal([2, 6, 8], [1, 2])
    with tf.GradientTape() as tape:
        tape.watch(embs)
        loss, _ = objective.objective_on_embeddings(
            embs, {}, training=True, seed=tf.constant([4, 5])
        )
    layers = (*objective.dense_layers, objective.output_layer)
    kernels = [layer.kernel.value for layer in layers]
    assert [kernel.shape for kernel in kernels] == [
        (24, 128),
        (128, 64),
        (64, 2),
    ]
    for gradient in tape.gradient(loss, [embs, *kernels]):
        assert np.linalg.norm(gradient) > 1e-6


def test_dropout_is_of_training_only(make_objective):
    config = schema.ShuffleAndLearnConfig(dropout=0.5, fc_channels=(16,))
    objective = make_objective("sal", sal=config)
    triplets = tf.ones([4, 24])
    plain = objective.classify(triplets)
    np.testing.assert_array_equal(plain, objective.classify(triplets))
    one = objective.classify(triplets, seed=tf.constant([0, 1]))
    other = objective.classify(triplets, seed=tf.constant([0, 2]))
    assert np.any(one != plain)
    assert np.any(one != other)
    assert isinstance(objective, algorithms.ShuffleAndLearn)
