"""Alignment as an objective: every option reaches the loss."""

import numpy as np
import pytest
import tensorflow as tf

from tcc import alignment
from tcc.configs import schema

_SEED = tf.constant([7, 9])
_STEPS = np.array([[1, 4, 9, 16], [0, 2, 5, 30], [3, 5, 8, 9]])
_BATCH = {
    "steps": tf.constant(_STEPS, tf.int64),
    "seq_lens": tf.constant([20, 31, 10], tf.int64),
}


@pytest.fixture
def embs():
    return tf.random.stateless_normal([3, 4, 8], [0, 1])


def _loss(make_objective, embs, **settings):
    objective = make_objective(
        "alignment", alignment=schema.AlignmentConfig(**settings)
    )
    loss, metrics = objective.objective_on_embeddings(
        embs, _BATCH, training=True, seed=_SEED
    )
    assert tuple(metrics) == objective.metric_names
    return loss


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss_type": "classification", "label_smoothing": 0.2},
        {"loss_type": "regression_mse", "normalize_indices": False},
        {"loss_type": "regression_huber", "huber_delta": 0.01},
        {"variance_lambda": 0.5, "temperature": 0.3},
        {"similarity_type": "cosine"},
        {"similarity_type": "true_cosine"},
        {"stochastic_matching": True, "cycle_length": 3, "num_cycles": 12},
        {
            "stochastic_matching": True,
            "num_cycles": 6,
            "loss_type": "regression_mse",
        },
    ],
)
def test_settings_are_those_of_the_loss(make_objective, embs, settings):
    settings = dict(settings)
    num_cycles = settings.pop("num_cycles", 12)
    loss = _loss(
        make_objective, embs, **settings, cycle_fraction=num_cycles / 12
    )
    expected = alignment.compute_alignment_loss(
        embs,
        3,
        steps=_BATCH["steps"],
        seq_lens=_BATCH["seq_lens"],
        num_cycles=num_cycles,
        seed=_SEED,
        **{"loss_type": "regression_mse_var"} | settings,
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_settings_change_the_loss(make_objective, embs):
    losses = [
        float(_loss(make_objective, embs, **settings))
        for settings in (
            {},
            {"temperature": 0.3},
            {"similarity_type": "cosine"},
            {"similarity_type": "true_cosine"},
            {"divide_by_channels": False},
            {"stochastic_matching": True},
            {"stochastic_matching": True, "cycle_length": 3},
            {"stochastic_matching": True, "cycle_fraction": 0.1},
        )
    ]
    assert len(set(losses)) == len(losses)


@pytest.mark.parametrize("similarity_type", ["l2", "cosine"])
def test_the_division_by_channels_can_be_left_out(
    make_objective, embs, similarity_type
):
    """Defect 16: unit embeddings divided by D have a nearly uniform softmax."""
    embs = tf.math.l2_normalize(embs, axis=-1)
    without = _loss(
        make_objective,
        embs,
        similarity_type=similarity_type,
        divide_by_channels=False,
    )
    # The same as embeddings of length sqrt(D), divided by D.
    longer = _loss(
        make_objective, embs * np.sqrt(8.0), similarity_type=similarity_type
    )
    np.testing.assert_allclose(without, longer, rtol=1e-4)


def test_unit_embeddings_need_the_scale():
    """What the option is for: D = 128, perfectly aligned, temperature .1."""
    progress = np.linspace(0, np.pi / 2, 20)
    embs = np.zeros([2, 20, 128], np.float32)
    embs[..., 0], embs[..., 1] = np.cos(progress), np.sin(progress)

    def peak(temperature):
        logits, _ = alignment.deterministic.align_pair_of_sequences(
            embs[0], embs[1], "l2", temperature
        )
        return float(np.max(tf.nn.softmax(logits)))

    assert peak(0.1) < 1.2 / 20  # nearly uniform
    assert peak(0.1 / 128) > 2 / 20


def test_true_cosine_has_no_division(make_objective, embs):
    settings = {"similarity_type": "true_cosine"}
    assert _loss(
        make_objective, embs, divide_by_channels=False, **settings
    ) == _loss(make_objective, embs, **settings)


def test_a_learnt_temperature_starts_where_it_is_set(make_objective, embs):
    objective = make_objective(
        "alignment",
        alignment=schema.AlignmentConfig(
            learn_temperature=True, temperature=0.25
        ),
    )
    (variable,) = objective.trainable_variables
    with tf.GradientTape() as tape:
        loss, metrics = objective.objective_on_embeddings(
            embs, _BATCH, training=True, seed=_SEED
        )
    np.testing.assert_allclose(metrics["temperature"], 0.25, rtol=1e-6)
    np.testing.assert_allclose(
        loss, _loss(make_objective, embs, temperature=0.25), rtol=1e-6
    )
    # d loss / d log t, against differences.
    gradient = tape.gradient(loss, variable.value)
    above, below = (
        _loss(make_objective, embs, temperature=0.25 * np.exp(change))
        for change in (0.01, -0.01)
    )
    np.testing.assert_allclose(gradient, (above - below) / 0.02, rtol=1e-2)
    variable.assign(-50.0)
    assert 0 < objective.temperature < 1e-20


def test_by_default_the_temperature_is_fixed(make_objective):
    objective = make_objective("alignment")
    assert objective.trainable_variables == []
    assert objective.metric_names == ("alignment_loss",)
