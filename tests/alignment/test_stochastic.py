import itertools

import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import losses, stochastic
from tests import golden_values
from tests.alignment import both_losses, oracle, running
from tests.alignment.both_losses import random_embs

SEED = (5, 7)


def loss_of(embs, loss_type="regression_mse_var", **changes):
    """The loss of a batch, with the original's settings unless changed."""
    options = both_losses.options(embs, loss_type)
    options |= {
        "num_cycles": options["batch_size"] * options["num_steps"],
        "cycle_length": 2,
        "seed": SEED,
    }
    options |= changes
    return stochastic.compute_stochastic_alignment_loss(embs, **options)


@pytest.mark.parametrize(
    ("case", "mode"),
    running.cases_and_modes("sto_single/1", "sto_single/0", "sto_single/4"),
)
def test_cycles_equal_to_the_original(case, mode):
    """Cycles of length 3, 2 and 1, one at a time and all at once."""
    golden, settings = golden_values.load(case), golden_values.settings(case)
    length = settings["cycle_length"]
    cycles, frames = golden["cycles"], golden["frames"]
    sizes = settings["T"], len(cycles), length

    def everything(embs):
        results = {}
        for kind in ("l2", "cosine"):
            results[kind] = stochastic._align(
                cycles, embs, *sizes, kind, 0.1, start_frames=frames
            )
            results[f"{kind} alone"] = stochastic._align_single_cycle(
                cycles[-1],
                embs,
                length,
                settings["T"],
                kind,
                0.1,
                start_frame=frames[-1],
            )
        return results

    results = running.in_mode(everything, mode)(tf.constant(golden["embs"]))
    for kind in ("l2", "cosine"):
        expected = golden[f"{kind}/logits"]
        close = {"rtol": 1e-5, "atol": 1e-6 * np.abs(expected).max()}
        logits, labels = results[kind]
        np.testing.assert_allclose(logits, expected, **close)
        np.testing.assert_array_equal(labels, golden["labels"])
        logits, labels = results[f"{kind} alone"]
        np.testing.assert_allclose(logits, expected[-1], **close)
        np.testing.assert_array_equal(labels, golden["labels"][-1])


@pytest.mark.parametrize(
    ("case", "mode"), running.cases_and_modes("sto/0", "sto/1")
)
def test_losses_equal_to_the_original(case, mode):
    golden = golden_values.load(case)
    both_losses.assert_equal_to_the_original(
        loss_of,
        case,
        mode,
        (
            "num_cycles",
            "temperature",
            "label_smoothing",
            "variance_lambda",
            "huber_delta",
        ),
        cycles=golden["cycles"],
        start_frames=golden["frames"],
    )


@pytest.mark.parametrize("kind", ["l2", "cosine"])
@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_value_and_gradient_against_the_paper_in_numpy(loss_type, kind):
    embs = random_embs(4, 3, 5, seed=1)
    steps = np.sort(np.random.default_rng(0).integers(0, 20, (4, 3)))
    lens = np.array([20, 30, 40, 50])
    cycles = np.array([[0, 2, 3, 0], [3, 1, 0, 3], [2, 1, 3, 2]])
    frames = np.array([0, 2, 1])
    weight = 0.001 if loss_type == "regression_mse_var" else 0.1

    def expected(embs):
        return oracle.stochastic_loss(
            embs,
            cycles,
            frames,
            steps / lens[:, np.newaxis],
            loss_type,
            weight,
            similarity_type=kind,
        )

    both_losses.assert_value_and_gradient(
        lambda e: loss_of(
            e,
            loss_type,
            steps=steps,
            seq_lens=lens,
            similarity_type=kind,
            num_cycles=3,
            cycle_length=3,
            cycles=cycles,
            start_frames=frames,
        ),
        expected,
        embs,
    )


@pytest.mark.parametrize("kind", ["l2", "cosine"])
def test_every_video_and_hop_takes_its_own_steps(kind):
    """All cycles of length 2 and 3 over 3 videos at once, against the paper."""
    embs = random_embs(3, 4, 5, seed=3)
    for length in (2, 3):
        cycles = [
            (*videos, videos[0])
            for videos in itertools.permutations(range(3), length)
            for _ in range(4)
        ]
        frames = np.arange(len(cycles)) % 4
        logits, labels = stochastic._align(
            np.array(cycles),
            embs,
            4,
            len(cycles),
            length,
            kind,
            0.1,
            start_frames=frames,
        )
        for row, (cycle, frame) in enumerate(zip(cycles, frames, strict=True)):
            expected = oracle.cycle(
                embs[list(cycle)].astype(np.float64), frame, kind
            )
            np.testing.assert_allclose(
                logits[row], expected, rtol=1e-5, atol=1e-5
            )
        np.testing.assert_array_equal(labels, np.eye(4)[frames])


@pytest.mark.parametrize("mode", running.MODES)
def test_the_loss_repeats_with_its_seed(mode):
    embs = tf.constant(random_embs(3, 4, 5))
    function = running.in_mode(
        lambda embs, seed: loss_of(embs, "classification", seed=seed), mode
    )
    value = function(embs, tf.constant([1, 2]))
    assert value == function(embs, tf.constant([1, 2]))
    assert value != function(embs, tf.constant([1, 3]))
    # The cycles and steps are those that the parts draw, in every mode.
    np.testing.assert_allclose(
        value, loss_of(embs, "classification", seed=(1, 2)), rtol=1e-5
    )


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16, tf.float16])
@pytest.mark.parametrize("loss_type", losses.LOSS_TYPES)
def test_every_scale_of_embeddings_is_finite(loss_type, dtype):
    both_losses.assert_finite_at_every_scale(loss_of, loss_type, dtype)


def test_large_embeddings_give_sensible_values():
    embs = 1e4 * random_embs(3, 6, 8)
    cycles, frames = np.array([[0, 1, 0], [1, 2, 1], [2, 0, 2]]), [0, 3, 5]
    expected = oracle.stochastic_loss(
        embs, cycles, frames, np.zeros([3, 6]), "classification", 0.0
    )
    actual = loss_of(
        embs,
        "classification",
        label_smoothing=0.0,
        num_cycles=3,
        cycles=cycles,
        start_frames=frames,
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_embeddings_far_from_the_origin():
    both_losses.assert_the_origin_does_not_matter(loss_of)


def test_graph_does_not_grow():
    def nodes(num_videos, num_steps, num_cycles):
        return running.num_nodes(
            running.with_gradient(lambda e: loss_of(e, num_cycles=num_cycles)),
            tf.TensorSpec([num_videos, num_steps, 8], tf.float32),
        )

    counts = {nodes(2, 5, 4), nodes(3, 20, 60), nodes(16, 64, 1024)}
    assert len(counts) == 1
    assert counts.pop() < 700


def test_sizes_known_only_at_run_time():
    embs = tf.constant(random_embs(3, 5, 4))

    @tf.function(
        input_signature=[
            tf.TensorSpec([None] * 3, tf.float32),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def dynamic(embs, num_cycles):
        return loss_of(embs, num_cycles=num_cycles)

    for num_cycles in (7, 15):
        np.testing.assert_allclose(
            dynamic(embs, num_cycles),
            loss_of(embs, num_cycles=num_cycles),
            rtol=1e-5,
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *both_losses.IMPOSSIBLE,
        ({"num_cycles": 0}, "num_cycles must be at least 1. Received: 0"),
        ({"cycle_length": 0}, "cycle_length must .* 1. Received: 0"),
        (
            {"cycle_length": 4},
            "at most batch_size.*Received: cycle_length=4, batch_size=3",
        ),
        ({"cycles": tf.zeros([15, 2])}, r"cycles must .*\(15, 3\). Received"),
        ({"start_frames": tf.zeros([2])}, r"start_frames must .*\(15,\)"),
        ({"seed": (1, 2, 3)}, r"seed must have shape \(2,\). Received"),
    ],
)
def test_impossible_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        loss_of(tf.zeros([3, 5, 4]), **changes)


def test_impossible_ranks():
    with pytest.raises(ValueError, match=r"embs must have rank 3"):
        stochastic._align(
            np.array([[0, 1, 0]]), tf.zeros([2, 5]), 5, 1, 2, "l2", 0.1
        )
    with pytest.raises(ValueError, match=r"cycle must have rank 1"):
        stochastic._align_single_cycle(
            np.array([[0, 1, 0]]), tf.zeros([2, 5, 4]), 2, 5, "l2", 0.1
        )


@pytest.mark.parametrize("cycle", [[0, 3, 0], [-1, 1, -1]])
def test_a_cycle_through_no_video_is_refused(cycle):
    with pytest.raises(ValueError, match=r"cycles must be videos.*from 0 to 2"):
        stochastic._align(
            tf.constant([cycle]), tf.zeros([3, 4, 2]), 4, 1, 2, "l2", 0.1
        )


def test_a_start_outside_the_steps_is_refused():
    with pytest.raises(ValueError, match=r"start_frames.*from 0 to 3"):
        stochastic._align(
            tf.constant([[0, 1, 0]]),
            tf.zeros([3, 4, 2]),
            4,
            1,
            2,
            "l2",
            0.1,
            start_frames=tf.constant([4]),
        )
