import functools

import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import losses
from tests import golden_values
from tests.alignment import oracle, running

REGRESSIONS = losses.LOSS_TYPES[1:]


def regression(logits, loss_type="regression_mse", **changes):
    """One row of logits over times 0, 1, 2 of 4 frames, label 0."""
    options = {
        "labels": tf.constant([[1.0, 0.0, 0.0]]),
        "num_steps": 3,
        "steps": tf.constant([[0, 1, 2]]),
        "seq_lens": tf.constant([4]),
        "loss_type": loss_type,
        "normalize_indices": True,
        "variance_lambda": 0.5,
        "huber_delta": 0.1,
    } | changes
    return losses.regression_loss(logits, **options)


# beta = softmax(log [1, 1, 2]) = [1/4, 1/4, 1/2].
LOGITS = tf.math.log([[1.0, 1.0, 2.0]])


def test_classification_by_hand():
    labels = tf.constant([[1.0, 0.0, 0.0]])
    # -log 1/4
    assert losses.classification_loss(
        LOGITS, labels, 0.0
    ).numpy() == pytest.approx(np.log(4))
    # Targets .7 + .1, .1, .1: .8 log 4 + .1 log 4 + .1 log 2
    assert losses.classification_loss(
        LOGITS, labels, 0.3
    ).numpy() == pytest.approx(0.9 * np.log(4) + 0.1 * np.log(2))


def test_regressions_by_hand():
    # Times 0, 1/4, 2/4: mu = 1/16 + 1/4 = 5/16; the true time is 0.
    assert regression(LOGITS).numpy() == pytest.approx((5 / 16) ** 2)
    # In frames: mu = 5/4.
    assert regression(LOGITS, normalize_indices=False).numpy() == pytest.approx(
        (5 / 4) ** 2
    )
    # sigma^2 = sum beta t^2 - mu^2 = 1/64 + 1/8 - 25/256 = 11/256, so
    # (25/256) / (11/256) + .5 log(11/256).
    assert regression(LOGITS, "regression_mse_var").numpy() == pytest.approx(
        25 / 11 + 0.5 * np.log(11 / 256), rel=1e-6
    )
    # 5/16 > .1: .1 (5/16 - .05); within 1/2: (5/16)^2 / 2.
    assert regression(LOGITS, "regression_huber").numpy() == pytest.approx(
        0.1 * (5 / 16 - 0.05)
    )
    assert regression(
        LOGITS, "regression_huber", huber_delta=0.5
    ).numpy() == pytest.approx((5 / 16) ** 2 / 2)


def _golden_losses(golden, settings):
    """Every loss of a golden case as functions of its logits."""
    yield (
        "classification",
        lambda logits: losses.classification_loss(
            logits, golden["labels"], settings["label_smoothing"]
        ),
    )
    for loss_type in REGRESSIONS:
        for normalize in (True, False):
            yield (
                f"{loss_type}/{int(normalize)}",
                functools.partial(
                    losses.regression_loss,
                    labels=golden["labels"],
                    num_steps=settings["num_steps"],
                    steps=golden["steps"],
                    seq_lens=golden["seq_lens"],
                    loss_type=loss_type,
                    normalize_indices=normalize,
                    variance_lambda=settings["variance_lambda"],
                    huber_delta=settings["huber_delta"],
                ),
            )


@pytest.mark.parametrize(
    ("case", "mode"), running.cases_and_modes("loss/0", "loss/1")
)
def test_equal_to_the_original(case, mode):
    golden = golden_values.load(case)
    cases = dict(_golden_losses(golden, golden_values.settings(case)))

    def everything(logits):
        return {
            key: running.with_gradient(loss)(logits)
            for key, loss in cases.items()
        }

    results = running.in_mode(everything, mode)(tf.constant(golden["logits"]))
    assert len(results) == 7
    for key, (value, gradient) in results.items():
        running.assert_golden(value, gradient, golden, key)


def test_size_one_dimensions_serve_all_rows():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 4)).astype(np.float32)
    steps = np.sort(rng.integers(0, 20, (2, 1, 4)))
    lens = np.array([[20], [30]])
    labels = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (1, 3))]
    for loss_type in losses.LOSS_TYPES:
        result = losses.cycle_losses(
            logits,
            labels,
            steps,
            lens,
            loss_type=loss_type,
            label_smoothing=0.1,
            variance_lambda=0.1,
            huber_delta=0.1,
            normalize_indices=True,
        )
        expected = [
            [
                oracle.row_loss(
                    logits[i, j],
                    labels[0, j].argmax(),
                    steps[i, 0] / lens[i, 0],
                    loss_type,
                    0.1,
                )
                for j in range(3)
            ]
            for i in range(2)
        ]
        np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("mode", running.MODES)
@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_saturated_logits_give_finite_loss_and_gradient(loss_type, mode):
    """The original's loss and gradient are NaN here for mse_var (defect 2)."""
    # The first row is certain and right, the second certain and wrong.
    logits = tf.constant([[1e9, 0.0, -1e9], [-1e9, 0.0, 1e9]])

    def loss(logits):
        return losses.cycle_losses(
            logits,
            tf.constant([[1.0, 0.0, 0.0]]),
            tf.constant([[0, 1, 2]]),
            tf.constant([4]),
            loss_type=loss_type,
            label_smoothing=0.0,
            variance_lambda=0.001,
            huber_delta=0.1,
            normalize_indices=True,
        )

    values, gradient = running.in_mode(running.with_gradient(loss), mode)(
        logits
    )
    expected = {
        "classification": [0.0, 2e9],
        # (0 - 2/4)^2
        "regression_mse": [0.0, 0.25],
        # The floor 1e-12: 0 and .25 / 1e-12, both + .001 log 1e-12.
        "regression_mse_var": [0.001 * np.log(1e-12), 2.5e11],
        # .1 (.5 - .05)
        "regression_huber": [0.0, 0.045],
    }[loss_type]
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert np.isfinite(gradient).all()


def test_variance_above_the_floor_is_not_touched():
    # beta = [1 - p, p] at times 0 and 1/2: sigma^2 = p (1 - p) / 4 with
    # p = e^-22 = 2.8e-10 is 7e-11, above the floor of 1e-12.
    p = np.exp(-22.0) / (1 + np.exp(-22.0))
    variance = p * (1 - p) / 4
    loss = regression(
        tf.constant([[0.0, -22.0]]),
        "regression_mse_var",
        labels=tf.constant([[0.0, 1.0]]),
        num_steps=2,
        steps=tf.constant([[0, 2]]),
    )
    expected = (0.5 - p / 2) ** 2 / variance + 0.5 * np.log(variance)
    assert loss.numpy() == pytest.approx(expected, rel=1e-5)


def test_no_gradient_to_labels_and_steps():
    labels = tf.constant([[1.0, 0.0, 0.0]])
    steps = tf.constant([[0.0, 1.0, 2.0]])
    with tf.GradientTape() as tape:
        tape.watch([labels, steps])
        loss = regression(LOGITS, labels=labels, steps=steps)
        loss += losses.classification_loss(LOGITS, labels, 0.1)
    assert tape.gradient(loss, [labels, steps]) == [None, None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss_type": "mse"}, r"loss_type must be one of .*Received: 'mse'"),
        ({"labels": tf.eye(3)}, r"labels must .*Received: shape \(3, 3\)"),
        ({"steps": tf.range(3)}, r"steps must .*Received: shape \(3,\)"),
        ({"seq_lens": tf.ones([2])}, r"seq_lens must .*Received: shape \(2,\)"),
        ({"num_steps": 4}, r"num_steps must be 3, .*Received: 4"),
        (
            {"loss_type": "regression_huber", "huber_delta": 0},
            r"huber_delta must be positive. Received: 0",
        ),
    ],
)
def test_impossible_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        regression(LOGITS, **changes)


def test_impossible_classification():
    with pytest.raises(ValueError, match=r"label_smoothing .*Received: 1.5"):
        losses.classification_loss(LOGITS, tf.eye(3)[:1], 1.5)
    with pytest.raises(ValueError, match=r"logits must have rank 2"):
        losses.classification_loss(LOGITS[0], tf.eye(3)[0], 0.0)
