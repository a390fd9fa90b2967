"""Training on cached features: losses, resuming, pictures, replicas."""

import copy

import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.tasks import algo_loss
from tcc.training import checkpoints, loop
from tests.training import replica_runs


@pytest.fixture(name="config")
def _config(cached_config):
    cached_config.data.augmentation = schema.AugmentationConfig(
        flip=False, brightness=False, contrast=False
    )
    return cached_config


def _up_to(config, max_steps):
    config = copy.deepcopy(config)
    config.train.max_steps = max_steps
    return config


def test_a_run_is_that_on_frames_and_resumes(config, tmp_path):
    assert loop.train(config, tmp_path / "cached") == 6
    # Resumed, with pictures, and from another folder of caches.
    config.train.image_interval = 4
    loop.train(_up_to(config, 2), tmp_path / "resumed")
    config.feature_cache.folder = str(tmp_path / "moved")
    assert loop.train(config, tmp_path / "resumed") == 6
    resumed = replica_runs.weights(tmp_path / "resumed", 6)
    for name, value in replica_runs.weights(tmp_path / "cached", 6).items():
        np.testing.assert_array_equal(value, resumed[name], name)
    algorithm, _, _ = checkpoints.restore_algorithm(tmp_path / "cached")
    config.eval.algo_loss_batches = 2
    result = algo_loss.evaluate(algorithm, config, config.data.datasets[0])
    assert np.isfinite(result.score)

    config.train.image_interval = 0
    config.feature_cache.enabled = False
    loop.train(config, tmp_path / "frames")
    of_frames = replica_runs.metrics(tmp_path / "frames")
    cached = replica_runs.metrics(tmp_path / "cached")
    for tag in ("train/loss", "train/gradient_norm"):
        assert sorted(cached[tag]) == [2, 4, 6]
        for step, number in cached[tag].items():
            np.testing.assert_allclose(number, of_frames[tag][step], rtol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("embedder", ["conv", "convgru", "light"])
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_every_embedder_trains_on_variants(
    config, tmp_path, embedder, precision
):
    config.data.augmentation = schema.AugmentationConfig()
    config.feature_cache.variants = 2
    config.model.embedder = embedder
    if embedder == "convgru":
        config.data.num_context = 1
        config.model.convgru.gru_units = (8,)
    if embedder == "light":
        config.model.feature_grid = 2
    config.train.mixed_precision = precision
    assert loop.train(config, tmp_path / "run") == 6


@pytest.mark.slow
def test_replicas_train_as_one_device(config, tmp_path):
    config.train.batch_size = 4
    config.train.sync_batch_norm = True
    config.algorithm.alignment.pairs_across_replicas = True
    config.optimizer.name = "momentum"
    config.optimizer.learning_rate = 1e-3
    loop.train(config, tmp_path / "one")
    expected = replica_runs.weights(tmp_path / "one", 6)
    devices = {tmp_path / "mirrored": config}
    replica_runs.finish(replica_runs.start("mirrored", 2, devices))
    replica_runs.assert_close(
        replica_runs.weights(tmp_path / "mirrored", 6), expected
    )
    # Both compute the cache: one of them does, the other waits for it.
    config.feature_cache.folder = str(tmp_path / "of_two")
    workers = replica_runs.start_workers({tmp_path / "two": config})
    replica_runs.finish(*workers)
    replica_runs.assert_close(
        replica_runs.weights(tmp_path / "two", 6), expected
    )
