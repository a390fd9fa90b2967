import inspect

import numpy as np
import pytest
import tensorflow as tf

from tcc import alignment
from tcc.alignment import losses
from tests import golden_values
from tests.alignment import running
from tests.alignment.both_losses import random_embs


def test_arguments_are_those_of_the_original():
    parameters = inspect.signature(alignment.compute_alignment_loss).parameters
    positional = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    required = inspect.Parameter.empty
    assert list(positional.items()) == [
        ("embs", required),
        ("batch_size", required),
        ("steps", None),
        ("seq_lens", None),
        ("stochastic_matching", False),
        ("normalize_embeddings", False),
        ("loss_type", "classification"),
        ("similarity_type", "l2"),
        ("num_cycles", 20),
        ("cycle_length", 2),
        ("temperature", 0.1),
        ("label_smoothing", 0.1),
        ("variance_lambda", 0.001),
        ("huber_delta", 0.1),
        ("normalize_indices", True),
    ]


@pytest.mark.parametrize("mode", running.MODES)
def test_defaults_equal_to_the_original(mode):
    golden = golden_values.load("wrap")

    def everything(embs):
        return {
            f"{loss_type}/normemb{int(normalize)}": running.with_gradient(
                lambda e, t=loss_type, n=normalize: (
                    alignment.compute_alignment_loss(
                        e, 3, normalize_embeddings=n, loss_type=t
                    )
                )
            )(embs)
            for loss_type in losses.LOSS_TYPES
            for normalize in (False, True)
        }

    results = running.in_mode(everything, mode)(tf.constant(golden["embs"]))
    assert len(results) == 8
    for key, (value, gradient) in results.items():
        running.assert_golden(value, gradient, golden, key)


@pytest.mark.parametrize("matching", [False, True])
@pytest.mark.parametrize("mode", running.MODES)
def test_steps_default_to_the_range_and_lengths_to_its_end(mode, matching):
    embs = tf.constant(random_embs(3, 5, 4))
    steps, lens = np.tile(np.arange(5), [3, 1]), np.full(3, 5)

    def loss(embs, steps=None, lens=None):
        return alignment.compute_alignment_loss(
            embs,
            3,
            steps,
            lens,
            stochastic_matching=matching,
            loss_type="regression_mse",
            seed=(1, 2),
        )

    value = running.in_mode(loss, mode)(embs)
    np.testing.assert_allclose(value, loss(embs, steps, lens), rtol=1e-5)
    # True lengths matter: twice as long is half the time, a quarter the loss.
    np.testing.assert_allclose(
        value, 4 * loss(embs, steps, 2 * lens), rtol=1e-5
    )


def test_stochastic_matching_draws_afresh_without_a_seed():
    embs = tf.constant(random_embs(3, 5, 4))

    @tf.function
    def loss():
        return alignment.compute_alignment_loss(
            embs, 3, stochastic_matching=True, num_cycles=2
        )

    assert len({float(loss()) for _ in range(8)}) > 1


def test_many_random_cycles_approach_the_deterministic_loss():
    """The deterministic loss is the mean over all cycles of length 2."""
    embs = random_embs(3, 6, 8) / 2
    expected = alignment.compute_alignment_loss(embs, 3)
    actual = alignment.compute_alignment_loss(
        embs, 3, stochastic_matching=True, num_cycles=20_000, seed=(1, 2)
    )
    # Losses of the 36 cycles deviate by about 1, their mean by 1 / 141.
    np.testing.assert_allclose(actual, expected, atol=0.03)


def test_descent_makes_every_cycle_come_back():
    path = np.cumsum(random_embs(8, 6), axis=0)
    embs = tf.Variable(path + 1.5 * random_embs(2, 8, 6, seed=1))

    def ends_of_cycles():
        logits, _ = alignment.deterministic.align_pair_of_sequences(
            embs[0], embs[1], "l2", 0.1
        )
        return tf.argmax(logits, axis=1).numpy().tolist()

    assert ends_of_cycles() != list(range(8))
    step = running.with_gradient(
        lambda e: alignment.compute_alignment_loss(e, 2)
    )
    for _ in range(100):
        _, gradient = step(tf.convert_to_tensor(embs))
        embs.assign_sub(gradient)
    assert ends_of_cycles() == list(range(8))


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float64])
@pytest.mark.parametrize("matching", [False, True])
def test_the_loss_is_float32_and_the_gradient_like_the_input(dtype, matching):
    embs = tf.cast(random_embs(3, 5, 4), dtype)
    value, gradient = running.with_gradient(
        lambda e: alignment.compute_alignment_loss(
            e, 3, stochastic_matching=matching, seed=(1, 2)
        )
    )(embs)
    assert value.dtype == tf.float32
    assert gradient.dtype == dtype
    exact = alignment.compute_alignment_loss(
        tf.cast(embs, tf.float32),
        3,
        stochastic_matching=matching,
        seed=(1, 2),
    )
    assert value == exact


def test_normalized_zero_embeddings_are_finite():
    value, gradient = running.with_gradient(
        lambda e: alignment.compute_alignment_loss(
            e, 2, normalize_embeddings=True, loss_type="regression_mse_var"
        )
    )(tf.zeros([2, 5, 4]))
    assert np.isfinite(value) and np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ([3, 5], {}, r"embs must have rank 3: \[N, T, D\]. Received: shape"),
        ([2, 5, 4], {}, "batch_size must be 3, as in embs .*Received: 2|3"),
        ([3, 5, 4], {"loss_type": "l2"}, "loss_type must .*Received: 'l2'"),
        (
            [3, 5, 4],
            {"stochastic_matching": True, "cycle_length": 4},
            "cycle_length=4, batch_size=3",
        ),
        ([3, 5, 4], {"steps": np.zeros([3, 6])}, "steps must have shape"),
        ([3, 5, 4], {"seq_lens": np.ones(4)}, "seq_lens must have shape"),
    ],
)
def test_impossible_arguments(shape, options, message):
    with pytest.raises(ValueError, match=message):
        alignment.compute_alignment_loss(tf.zeros(shape), 3, **options)


@pytest.mark.parametrize("stochastic_matching", [False, True])
@pytest.mark.parametrize("lengths", [[0, 5], [5, -1]])
def test_lengths_that_no_video_has_are_refused(stochastic_matching, lengths):
    with pytest.raises(ValueError, match="seq_lens must be positive"):
        alignment.compute_alignment_loss(
            tf.zeros([2, 4, 3]),
            2,
            seq_lens=tf.constant(lengths),
            stochastic_matching=stochastic_matching,
            loss_type="regression_mse",
        )
