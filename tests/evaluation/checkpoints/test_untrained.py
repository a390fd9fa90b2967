import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import serialization
from tcc.evaluation.checkpoints import untrained
from tcc.training import checkpoints
from tests.evaluation import checkpoint_folders


def _batch_norms(encoder):
    return [
        layer
        for layer in encoder._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


@pytest.fixture
def config(data_dir):
    config = checkpoint_folders.small_config(data_dir)
    config.data.num_steps = 6
    config.model.train_base = "train_all"
    config.eval.tasks = ("kendalls_tau",)
    return config


def test_the_checkpoint_of_step_0_is_taken(logdir, config):
    config.eval.untrained_batches = 0
    encoder, source = untrained.restore(logdir, config)
    expected, _, _ = checkpoints.restore_encoder(logdir, "0")
    for a, b in zip(encoder.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert source == "checkpoint of step 0, batch normalisation never adapted"


def test_without_it_the_seed_makes_the_same_network(tmp_path, config):
    config.eval.untrained_batches = 0
    serialization.save(config, tmp_path)
    encoder, source = untrained.restore(tmp_path, config)
    keras.utils.set_random_seed(config.train.seed)
    expected = checkpoints.build_encoder(config)
    for a, b in zip(encoder.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert source.startswith("built anew from seed 0")


def test_statistics_become_the_mean_over_the_batches(tmp_path, config):
    encoder = checkpoints.build_encoder(config)
    first = _batch_norms(encoder)[0]
    weights = [w.numpy().copy() for w in encoder.trainable_variables]
    momentum = first.momentum
    seen = []
    call = first.call

    def spy(inputs, *args, **kwargs):
        mean = tf.reduce_mean(inputs, axis=tuple(range(len(inputs.shape) - 1)))
        tf.py_function(lambda mean: seen.append(mean.numpy()), [mean], [])
        return call(inputs, *args, **kwargs)

    first.call = spy
    count = untrained.adapt_batch_norm(encoder, config, num_batches=3)
    assert count == len(_batch_norms(encoder)) > 1
    assert len(seen) == 3
    np.testing.assert_allclose(
        first.moving_mean, np.mean(seen, axis=0), rtol=1e-4, atol=1e-6
    )
    assert first.momentum == momentum
    for before, after in zip(weights, encoder.trainable_variables, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_frozen_backbone_keeps_its_statistics(config):
    config.model.train_base = "frozen"
    encoder = checkpoints.build_encoder(config)
    before = [
        (layer, layer.moving_mean.numpy().copy())
        for layer in _batch_norms(encoder)
    ]
    untrained.adapt_batch_norm(encoder, config, num_batches=1)
    changed = [
        not np.array_equal(layer.moving_mean, mean) for layer, mean in before
    ]
    trainable = [layer.trainable for layer, _ in before]
    assert changed == trainable
    assert any(trainable) and not all(trainable)


def test_weights_that_cannot_be_had_leave_the_baseline_out(
    tmp_path, config, monkeypatch
):
    def offline(config, **options):
        raise OSError("no network")

    monkeypatch.setattr(untrained.checkpoints, "build_encoder", offline)
    found = untrained.evaluate(tmp_path, config)
    assert found.results == [] and "no network" in found.source


def test_evaluates_every_data_set(logdir, tmp_path, config):
    config.data.datasets = ("tiny", "bare")
    config.eval.untrained_batches = 1
    found = untrained.evaluate(shutil.copytree(logdir, tmp_path / "a"), config)
    assert [r.dataset for r in found.results] == ["tiny", "bare"]
    assert all(r.health["val"].untrained for r in found.results)
