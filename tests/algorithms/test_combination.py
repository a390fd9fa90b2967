"""Weighted sums: the parts, their weights, what each part sees, metrics."""

import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms
from tcc.algorithms import combination
from tcc.configs import schema

_SEED = tf.constant([7, 9])


def _batch(num_videos, num_steps):
    steps = np.sort(
        np.random.default_rng(0).choice(900, (num_videos, num_steps), False)
    )
    return {
        "frames": tf.zeros([num_videos, num_steps, 1, 2, 2, 3]),
        "steps": tf.constant(steps, tf.int64),
        "seq_lens": tf.fill([num_videos], tf.constant(900, tf.int64)),
        "frame_labels": tf.constant(steps // 450, tf.int64),
        "dataset_ids": tf.zeros([num_videos], tf.int64),
    }


def _combined(make_objective, objectives, weights, name="combination"):
    return make_objective(
        name,
        combination=schema.CombinationConfig(objectives, weights),
        classification=schema.SupervisedConfig(num_classes=(2,)),
    )


def test_the_preset_is_the_original(make_objective):
    objective = make_objective("alignment_sal_tcn")
    assert objective.metric_names == (
        "alignment_loss",
        "sal_loss",
        "sal_accuracy",
        "tcn_loss",
        "tcn_accuracy",
    )
    embs = tf.random.stateless_normal([2, 12, 8], [0, 1])
    total, metrics = objective.objective_on_embeddings(
        embs, _batch(2, 12), training=True, seed=_SEED
    )
    assert tuple(metrics) == objective.metric_names
    expected = (
        0.33 * metrics["alignment_loss"]
        + 0.33 * metrics["sal_loss"]
        + 0.34 * metrics["tcn_loss"]
    )
    np.testing.assert_allclose(total, expected, rtol=1e-6)


def test_any_objectives_with_any_weights(make_objective):
    objective = _combined(
        make_objective, ("classification", "alignment"), (2.0, 0.5)
    )
    assert objective.spec == algorithms.ClipSpec()
    total, metrics = objective.objective_on_embeddings(
        tf.random.stateless_normal([2, 6, 8], [0, 1]),
        _batch(2, 6),
        training=True,
        seed=_SEED,
    )
    np.testing.assert_allclose(
        total,
        2 * metrics["classification_loss"] + 0.5 * metrics["alignment_loss"],
        rtol=1e-6,
    )


def test_one_part_alone_is_that_part(make_objective):
    embs, batch = tf.random.stateless_normal([3, 6, 8], [0, 1]), _batch(3, 6)
    alone, _ = make_objective("alignment").objective_on_embeddings(
        embs, batch, training=True, seed=_SEED
    )
    combined, _ = _combined(
        make_objective, ("alignment",), (1.0,)
    ).objective_on_embeddings(embs, batch, training=True, seed=_SEED)
    np.testing.assert_allclose(combined, alone, rtol=1e-6)


def test_a_coin_for_each_video_picks_firsts_or_seconds():
    batch = _batch(40, 12) | {"names": tf.constant(["video"] * 40)}
    # The embedding of a step is its frame index.
    embs = tf.cast(batch["steps"], tf.float32)[..., tf.newaxis]
    kept_embs, kept = combination.one_of_each_pair(embs, batch, _SEED)
    assert "frames" not in kept
    np.testing.assert_array_equal(kept["names"], batch["names"])
    np.testing.assert_array_equal(kept_embs[..., 0], kept["steps"])
    np.testing.assert_array_equal(kept["frame_labels"], kept["steps"] // 450)
    offsets = set()
    for whole, part in zip(batch["steps"], kept["steps"], strict=True):
        (offset,) = (k for k in (0, 1) if np.array_equal(whole[k::2], part))
        offsets.add(offset)
    assert offsets == {0, 1}


def test_only_the_part_of_pairs_sees_the_pairs(make_objective):
    objective = _combined(
        make_objective, ("tcn", "sal", "alignment"), (1.0, 1.0, 1.0)
    )
    assert objective.spec.sample_steps is not None
    seen: dict[str, tuple] = {}
    for name, part in zip(
        ("tcn", "sal", "alignment"), objective.parts, strict=True
    ):
        part.objective_on_embeddings = (
            lambda embs, batch, *, name=name, training, seed: (
                seen.setdefault(name, (embs.shape, batch["steps"].shape))
                and 0.0,
                {},
            )
        )
    objective.objective_on_embeddings(
        tf.zeros([2, 12, 8]), _batch(2, 12), training=True, seed=_SEED
    )
    assert seen["tcn"] == ((2, 12, 8), (2, 12))
    assert seen["sal"] == seen["alignment"] == ((2, 6, 8), (2, 6))


@pytest.mark.parametrize("name", ["alignment_sal_tcn", "combination"])
def test_the_encoder_is_shared_and_counted_once(make_objective, name):
    objective = make_objective(name)
    encoder = objective.encoder
    assert all(part.encoder is encoder for part in objective.parts)
    # The head of Shuffle and Learn: three dense layers of kernel and bias.
    assert len(objective.trainable_variables) == 6
