"""A step on two replicas is the step of one device on the same batch."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms
from tcc.training import checkpoints, loop
from tcc.video import input_pipeline
from tests.training import replica_runs

pytestmark = pytest.mark.slow


def _cases(config):
    """Experiments of one step of plain gradient descent at rate 1."""
    config.train.batch_size = 4
    config.train.max_steps = config.train.report_interval = 1
    config.optimizer.name = "momentum"
    config.optimizer.learning_rate = 1.0
    config.model.conv.fc_dropout = 0.0  # each replica has masks of its own
    shares = copy.deepcopy(config)
    config.algorithm.alignment.pairs_across_replicas = True
    config.train.sync_batch_norm = True
    stochastic = copy.deepcopy(config)
    stochastic.algorithm.alignment.stochastic_matching = True
    stochastic.algorithm.alignment.cycle_length = 3
    stochastic.optimizer.global_clipnorm = 1e-3
    combination = copy.deepcopy(config)
    combination.algorithm.name = "combination"
    combination.algorithm.combination.objectives = ("alignment", "sal")
    combination.algorithm.combination.weights = (0.5, 0.5)
    return {
        "all_pairs": config,
        "stochastic": stochastic,
        "combination": combination,
        "shares": shares,
    }


def _gradients(logdir):
    """What one step of gradient descent at rate 1 took off the weights."""
    before, after = (replica_runs.weights(logdir, step) for step in (0, 1))
    return {name: before[name] - after[name] for name in before}


def _assert_same_step(logdir, reference):
    replica_runs.assert_close(
        replica_runs.weights(logdir, 0), replica_runs.weights(reference, 0)
    )
    replica_runs.assert_close(_gradients(logdir), _gradients(reference))
    tags = replica_runs.metrics(reference)
    for tag, values in replica_runs.metrics(logdir).items():
        if "loss" in tag:
            np.testing.assert_allclose(values[1], tags[tag][1], rtol=1e-5)


def _mean_of_shares(config):
    """Gradients and statistics as two devices find them for themselves."""
    batch = next(
        iter(
            input_pipeline.training_batches(
                config.data,
                batch_size=config.train.batch_size,
                seed=config.train.seed,
            )
        )
    )
    gradients, statistics, losses = [], [], []
    for share in (slice(0, 2), slice(2, 4)):
        keras.utils.set_random_seed(config.train.seed)
        encoder = checkpoints.build_encoder(config)
        algorithm = algorithms.build_algorithm(config, encoder)
        with tf.GradientTape() as tape:
            loss, _ = algorithm.objective(
                {key: value[share] for key, value in batch.items()},
                training=True,
                seed=tf.constant([0, 0]),
            )
            loss += tf.add_n(algorithm.losses)
        losses.append(loss)
        gradients.append(tape.gradient(loss, encoder.trainable_weights))
        statistics.append(encoder.non_trainable_weights)
    return (
        [np.mean(pair, axis=0) for pair in zip(*gradients, strict=True)],
        [np.mean(pair, axis=0) for pair in zip(*statistics, strict=True)],
        np.mean(losses),
    )


def test_a_step_on_two_replicas_is_that_of_one_device(tiny_config, tmp_path):
    cases = _cases(tiny_config)
    replica_runs.finish(
        replica_runs.start(
            "mirrored", 2, {tmp_path / name: cases[name] for name in cases}
        )
    )
    for name in ("all_pairs", "stochastic"):
        loop.train(cases[name], tmp_path / f"{name}_one")
        _assert_same_step(tmp_path / name, tmp_path / f"{name}_one")

    # Shuffle and Learn draws its triplets on each replica; alignment does not.
    loop.train(cases["combination"], tmp_path / "combination_one")
    tag = "train/alignment_loss"
    np.testing.assert_allclose(
        replica_runs.metrics(tmp_path / "combination")[tag][1],
        replica_runs.metrics(tmp_path / "combination_one")[tag][1],
        rtol=1e-5,
    )

    # Without the two options: the mean of what each finds for its share.
    gradients, statistics, loss = _mean_of_shares(cases["shares"])
    before, after = (
        checkpoints.restore_encoder(tmp_path / "shares", step)[0]
        for step in ("0", "1")
    )
    for start, end, gradient in zip(
        before.trainable_weights,
        after.trainable_weights,
        gradients,
        strict=True,
    ):
        np.testing.assert_allclose(
            np.asarray(start) - np.asarray(end),
            gradient,
            rtol=0,
            atol=1e-5 * np.abs(gradient).max() + 2e-7,
            err_msg=start.path,
        )
    for weight, mean in zip(
        after.non_trainable_weights, statistics, strict=True
    ):
        np.testing.assert_allclose(np.asarray(weight), mean, atol=1e-6)
    np.testing.assert_allclose(
        replica_runs.metrics(tmp_path / "shares")["train/loss"][1],
        loss,
        rtol=1e-5,
    )
