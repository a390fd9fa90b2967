"""The loss inside a plain Keras model: the value, fit, saving, refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc import alignment
from tcc.alignment.keras_loss import AlignmentLoss


@pytest.fixture
def embs():
    return np.random.default_rng(3).normal(size=(3, 5, 4)).astype(np.float32)


def test_without_times_steps_are_evenly_spread(embs):
    expected = alignment.compute_alignment_loss(
        embs, 3, loss_type="regression_mse_var"
    )
    for targets in (np.zeros(3), np.full([3, 1], 7.0), np.zeros([3, 5])):
        np.testing.assert_allclose(
            AlignmentLoss()(targets, embs), expected, rtol=1e-6
        )


def test_times_are_steps_by_lengths(embs):
    steps = np.array([[0, 2, 3, 7, 9], [1, 2, 5, 6, 7], [0, 3, 5, 7, 30]])
    seq_lens = np.array([10, 8, 40])
    loss = AlignmentLoss(
        times_in_y_true=True, loss_type="regression_mse", temperature=0.3
    )
    np.testing.assert_allclose(
        loss(steps / seq_lens[:, None], embs),
        alignment.compute_alignment_loss(
            embs,
            3,
            steps=tf.constant(steps),
            seq_lens=tf.constant(seq_lens),
            loss_type="regression_mse",
            temperature=0.3,
        ),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("stochastic_matching", "jit_compile"),
    [(False, False), (True, False), (False, True)],
)
def test_fit_lowers_it_with_a_last_batch_of_one(
    stochastic_matching, jit_compile
):
    keras.utils.set_random_seed(0)
    videos = np.random.default_rng(0).normal(size=(9, 6, 3)).astype(np.float32)
    model = keras.Sequential([keras.layers.Dense(8)])
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=AlignmentLoss(
            loss_type="classification",
            stochastic_matching=stochastic_matching,
            num_cycles=40,
        ),
        jit_compile=jit_compile,
    )
    # Batches of 4, 4 and 1.
    history = model.fit(videos, np.zeros(9), batch_size=4, epochs=8, verbose=0)
    losses = history.history["loss"]
    assert np.all(np.isfinite(losses))
    assert losses[-1] < losses[0]
    assert all(np.all(np.isfinite(weight)) for weight in model.weights)


def test_a_saved_model_keeps_its_loss(tmp_path):
    model = keras.Sequential([keras.Input((6, 3)), keras.layers.Dense(4)])
    loss = AlignmentLoss(
        similarity_type="true_cosine", temperature=0.2, times_in_y_true=True
    )
    model.compile("adam", loss=loss)
    model.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    assert restored.loss.get_config() == loss.get_config()


def test_outputs_that_are_not_embeddings_are_refused():
    with pytest.raises(ValueError, match=r"\[videos, steps, channels\]"):
        AlignmentLoss()(np.zeros(3), np.zeros([3, 5]))
    loss = AlignmentLoss(times_in_y_true=True)
    with pytest.raises(ValueError, match=r"\[videos, steps=5\].*\(3, 1\)"):
        loss(np.zeros([3, 1]), np.zeros([3, 5, 2]))
