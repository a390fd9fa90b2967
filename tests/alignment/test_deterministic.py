import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import deterministic, losses
from tests import golden_values
from tests.alignment import both_losses, oracle, running
from tests.alignment.both_losses import random_embs


def loss_of(embs, loss_type="regression_mse_var", **changes):
    """The loss of a batch, with the original's settings unless changed."""
    options = both_losses.options(embs, loss_type) | changes
    return deterministic.compute_deterministic_alignment_loss(embs, **options)


@pytest.mark.parametrize(
    ("case", "mode"), running.cases_and_modes("pair/1", "pair/0", "pair/2")
)
def test_pairs_equal_to_the_original(case, mode):
    golden = golden_values.load(case)

    def everything(embs1, embs2):
        results = {"l2": deterministic.pairwise_l2_distance(embs1, embs2)}
        for kind in ("l2", "cosine"):
            for temperature in (0.1, 1.0):
                name = f"{kind}/T{temperature}"
                arguments = embs1, embs2, kind, temperature
                results[f"sim/{name}"] = deterministic.get_scaled_similarity(
                    *arguments
                )
                logits, labels = deterministic.align_pair_of_sequences(
                    *arguments
                )
                results[f"align/{name}/logits"] = logits
                results["align/labels"] = labels
        return results

    results = running.in_mode(everything, mode)(
        golden["embs1"], golden["embs2"]
    )
    assert set(results) == set(golden) - {"embs1", "embs2"}
    for key, value in results.items():
        scale = np.abs(golden[key]).max()
        np.testing.assert_allclose(
            value, golden[key], rtol=1e-5, atol=1e-6 * scale, err_msg=key
        )


@pytest.mark.parametrize(
    ("case", "mode"), running.cases_and_modes("det/0", "det/1", "det/2")
)
def test_losses_equal_to_the_original(case, mode):
    both_losses.assert_equal_to_the_original(
        loss_of,
        case,
        mode,
        ("temperature", "label_smoothing", "variance_lambda"),
    )


@pytest.mark.parametrize("mode", running.MODES)
def test_saturation_is_finite_and_otherwise_equal_to_the_original(mode):
    golden = golden_values.load("edge")
    function = running.in_mode(running.with_gradient(loss_of), mode)
    for scale in (1, 3, 10, 30):
        key = f"mse_var_scale{scale}"
        value, gradient = function(tf.constant(golden[f"{key}/embs"]))
        if scale == 1:
            running.assert_golden(value, gradient, golden, key)
        else:
            assert np.isnan(golden[f"{key}/loss"])
            assert np.isfinite(value) and np.isfinite(gradient).all()


def test_similarities_by_hand():
    a = tf.constant([[1.0, 2.0]])
    b = tf.constant([[4.0, 6.0], [1.0, 2.0]])
    # Squared distances 3^2 + 4^2 = 25 and 0; over D = 2, over temperature .5.
    np.testing.assert_allclose(
        deterministic.get_scaled_similarity(a, b, "l2", 0.5),
        [[-25.0, 0.0]],
        atol=1e-6,
    )
    # Products 4 + 12 = 16 and 1 + 4 = 5, over 2, over .5.
    np.testing.assert_allclose(
        deterministic.get_scaled_similarity(a, b, "cosine", 0.5),
        [[16.0, 5.0]],
    )


def test_one_pair_by_hand():
    # u = (0, 1), v = (0, 2), D = 1, temperature 1. Similarities of u_1 = 0 to
    # v: 0, -4, so alpha = (1, e^-4) / (1 + e^-4), v~ = 2 e^-4 / (1 + e^-4).
    # Of u_2 = 1: -1, -1, so v~ = 1.
    near = 2 * np.exp(-4) / (1 + np.exp(-4))
    logits, labels = deterministic.align_pair_of_sequences(
        tf.constant([[0.0], [1.0]]), tf.constant([[0.0], [2.0]]), "l2", 1.0
    )
    expected = [[-(near**2), -((near - 1) ** 2)], [-1.0, 0.0]]
    np.testing.assert_allclose(logits, expected, atol=1e-6)
    np.testing.assert_array_equal(labels, np.eye(2))


def test_all_pairs_are_the_single_pairs():
    embs = random_embs(4, 5, 6)
    for kind in ("l2", "cosine"):
        together = deterministic.align_all_pairs(embs, kind, 0.1)
        for i, j in np.ndindex(4, 4):
            alone, _ = deterministic.align_pair_of_sequences(
                embs[i], embs[j], kind, 0.1
            )
            # The same up to what is added to a row, so the same softmax.
            np.testing.assert_allclose(
                tf.nn.softmax(together[i, j]),
                tf.nn.softmax(alone),
                rtol=1e-5,
                atol=1e-7,
            )


@pytest.mark.parametrize("kind", ["l2", "cosine"])
@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_value_and_gradient_against_the_paper_in_numpy(loss_type, kind):
    embs = random_embs(3, 4, 5, seed=1)
    steps = np.array([[0, 3, 4, 9], [1, 2, 3, 4], [5, 7, 30, 31]])
    lens = np.array([10, 8, 40])
    changes = {"steps": steps, "seq_lens": lens, "similarity_type": kind}
    weight = 0.001 if loss_type == "regression_mse_var" else 0.1

    def expected(embs):
        return oracle.deterministic_loss(
            embs,
            steps / lens[:, np.newaxis],
            loss_type,
            weight,
            similarity_type=kind,
        )

    both_losses.assert_value_and_gradient(
        lambda e: loss_of(e, loss_type, **changes), expected, embs
    )


@pytest.mark.parametrize("kind", ["l2", "cosine"])
def test_temperature_may_be_learnt(kind):
    embs = tf.constant(random_embs(3, 4, 5))
    temperature = tf.Variable(0.2)

    def loss(value):
        return loss_of(
            embs, "classification", similarity_type=kind, temperature=value
        )

    with tf.GradientTape() as tape:
        value = loss(temperature)
    slope = (loss(0.201) - loss(0.199)) / 0.002
    np.testing.assert_allclose(
        tape.gradient(value, temperature), slope, rtol=1e-2
    )


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16, tf.float16])
@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_every_scale_of_embeddings_is_finite(loss_type, dtype):
    both_losses.assert_finite_at_every_scale(loss_of, loss_type, dtype)


def test_low_precision_embeddings_are_used_as_they_are():
    embs = tf.cast(random_embs(3, 5, 4), tf.bfloat16)
    value, gradient = running.with_gradient(loss_of)(embs)
    exact, exact_gradient = running.with_gradient(loss_of)(
        tf.cast(embs, tf.float32)
    )
    assert value == exact
    np.testing.assert_array_equal(
        gradient, tf.cast(exact_gradient, tf.bfloat16)
    )


@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_embeddings_far_from_the_origin(loss_type):
    both_losses.assert_the_origin_does_not_matter(
        lambda e: loss_of(e, loss_type)
    )


def test_large_embeddings_give_sensible_values():
    # Identical videos at scale 1e4: every step finds its own twin exactly.
    embs = tf.tile(tf.constant(1e4 * random_embs(1, 6, 8)), [3, 1, 1])
    assert loss_of(embs, "regression_mse") == 0
    assert loss_of(embs, "classification", label_smoothing=0.0) == 0
    # Different videos: the classification loss grows as the square.
    embs = 1e4 * random_embs(3, 6, 8)
    expected = oracle.deterministic_loss(
        embs, np.zeros([3, 6]), "classification", 0.0
    )
    np.testing.assert_allclose(
        loss_of(embs, "classification", label_smoothing=0.0),
        expected,
        rtol=1e-5,
    )


def test_collapsed_embeddings_match_every_step_alike():
    # beta is uniform: cross-entropy log T, and no direction is better.
    value, gradient = running.with_gradient(
        lambda e: loss_of(e, "classification")
    )(tf.fill([3, 5, 4], 7.0))
    np.testing.assert_allclose(value, np.log(5), rtol=1e-6)
    np.testing.assert_allclose(gradient, np.zeros([3, 5, 4]), atol=1e-7)


def test_one_step_is_finite():
    for loss_type in losses.LOSS_TYPES:
        value, gradient = running.with_gradient(
            lambda e, t=loss_type: loss_of(e, t)
        )(tf.constant(random_embs(2, 1, 3)))
        assert np.isfinite(value)
        np.testing.assert_array_equal(gradient, np.zeros([2, 1, 3]))


def test_graph_does_not_grow():
    function = running.with_gradient(loss_of)
    counts = {
        running.num_nodes(function, tf.TensorSpec(shape, tf.float32))
        for shape in ([2, 5, 8], [7, 12, 8], [32, 64, 128])
    }
    assert len(counts) == 1
    assert counts.pop() < 600


def test_sizes_known_only_at_run_time():
    embs = tf.constant(random_embs(3, 5, 4))

    @tf.function(input_signature=[tf.TensorSpec([None] * 3, tf.float32)])
    def dynamic(embs):
        return loss_of(embs)

    np.testing.assert_allclose(dynamic(embs), loss_of(embs), rtol=1e-6)
    np.testing.assert_allclose(
        dynamic(embs[:2, :3]), loss_of(embs[:2, :3]), rtol=1e-6
    )


@pytest.mark.parametrize(("changes", "message"), both_losses.IMPOSSIBLE)
def test_impossible_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        loss_of(tf.zeros([3, 5, 4]), **changes)


def test_impossible_embeddings():
    with pytest.raises(ValueError, match=r"at least 2\. Received: 1"):
        loss_of(tf.zeros([1, 5, 4]))
    with pytest.raises(ValueError, match=r"rank 3: \[N, T, D\]. Received"):
        deterministic.compute_deterministic_alignment_loss(
            tf.zeros([2, 5]),
            tf.zeros([2, 5]),
            tf.ones([2]),
            5,
            2,
            "regression_mse",
            "l2",
            0.1,
            0.1,
            0.001,
            0.1,
            True,
        )
    with pytest.raises(ValueError, match=r"embs1 must have rank 2"):
        deterministic.pairwise_l2_distance(tf.zeros([4]), tf.zeros([2, 4]))
    with pytest.raises(ValueError, match=r"embs2 must have shape \(None, 4\)"):
        deterministic.get_scaled_similarity(
            tf.zeros([2, 4]), tf.zeros([2, 3]), "l2", 0.1
        )
