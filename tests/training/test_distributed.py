"""Training on several replicas: logical devices, and two processes."""

import copy
import pathlib
import signal
import time

import numpy as np
import pytest

from tcc.training import checkpoints, log_folder, loop
from tests.training import replica_runs

pytestmark = pytest.mark.slow


@pytest.fixture
def config(tiny_config):
    """Six steps that are the same on any number of devices."""
    tiny_config.train.batch_size = 4
    tiny_config.train.sync_batch_norm = True
    tiny_config.algorithm.alignment.pairs_across_replicas = True
    tiny_config.model.conv.fc_dropout = 0.0
    tiny_config.optimizer.name = "momentum"
    tiny_config.optimizer.learning_rate = 1e-3
    tiny_config.optimizer.global_clipnorm = 1.0
    return tiny_config


def _up_to(config, max_steps):
    config = copy.deepcopy(config)
    config.train.max_steps = max_steps
    return config


def _files(folder: pathlib.Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _wait_for(path: pathlib.Path, processes) -> None:
    deadline = time.monotonic() + 200
    while not path.exists():
        assert all(process.poll() is None for process in processes)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_checkpoints_move_between_one_device_and_two(config, tmp_path):
    """Also with the options off and dropout on, a run goes on anywhere."""
    loop.train(config, tmp_path / "one")
    loop.train(_up_to(config, 2), tmp_path / "there")
    usual = copy.deepcopy(config)
    usual.train.sync_batch_norm = False
    usual.algorithm.alignment.pairs_across_replicas = False
    usual.model.conv.fc_dropout = 0.1
    replica_runs.finish(
        replica_runs.start(
            "mirrored",
            2,
            {
                tmp_path / "there": _up_to(config, 4),
                tmp_path / "usual": _up_to(usual, 2),
            },
        )
    )
    assert loop.train(config, tmp_path / "there") == 6
    replica_runs.assert_close(
        replica_runs.weights(tmp_path / "there", 6),
        replica_runs.weights(tmp_path / "one", 6),
    )
    assert loop.train(usual, tmp_path / "usual") == 6
    encoder, _, _ = checkpoints.restore_encoder(tmp_path / "usual")
    assert all(np.all(np.isfinite(w)) for w in encoder.weights)


def test_two_processes_train_as_one_device(config, tmp_path):
    replica_runs.finish(*replica_runs.start_workers({tmp_path / "two": config}))
    loop.train(config, tmp_path / "one")
    # Equal weights: no video of a batch came twice, and none was left out.
    for step in (0, 2, 6):
        replica_runs.assert_close(
            replica_runs.weights(tmp_path / "two", step),
            replica_runs.weights(tmp_path / "one", step),
        )
    of_one = replica_runs.metrics(tmp_path / "one")
    of_two = replica_runs.metrics(tmp_path / "two")
    for tag in ("train/loss", "train/alignment_loss", "train/gradient_norm"):
        assert sorted(of_two[tag]) == [2, 4, 6]
        for step, value in of_two[tag].items():
            np.testing.assert_allclose(value, of_one[tag][step], rtol=1e-4)
    # The second worker left nothing behind.
    for folder in ("", "checkpoints"):
        assert _files(tmp_path / "two" / folder) == _files(
            tmp_path / "one" / folder
        )
    assert len(list((tmp_path / "two" / "train").iterdir())) == 1


def test_a_killed_worker_is_restarted_from_the_last_checkpoint(
    config, tmp_path
):
    config = _up_to(config, 40)
    config.train.checkpoint_interval = 4
    config.train.keep_checkpoints = 100
    logdir = tmp_path / "run"
    checkpoint = logdir / "checkpoints" / "ckpt-8.index"
    processes = replica_runs.start_workers({logdir: config})
    with replica_runs.killed_at_the_end(*processes):
        _wait_for(checkpoint, processes)
        processes[1].kill()
        output, _ = processes[0].communicate(timeout=120)
    assert processes[0].returncode not in (0, None)
    assert "Another worker was lost" in output
    assert not log_folder.is_done(logdir)
    replica_runs.finish(*replica_runs.start_workers({logdir: config}))
    assert log_folder.is_done(logdir)

    uninterrupted = tmp_path / "uninterrupted"
    replica_runs.finish(*replica_runs.start_workers({uninterrupted: config}))
    replica_runs.assert_close(
        replica_runs.weights(logdir, 40),
        replica_runs.weights(uninterrupted, 40),
    )


def test_sigterm_on_one_worker_saves_and_stops_both(config, tmp_path):
    config = _up_to(config, 10_000)
    processes = replica_runs.start_workers({tmp_path / "run": config})
    with replica_runs.killed_at_the_end(*processes):
        _wait_for(tmp_path / "run/checkpoints/ckpt-2.index", processes)
        processes[1].send_signal(signal.SIGTERM)
        outputs = [p.communicate(timeout=120)[0] for p in processes]
    assert [p.returncode for p in processes] == [0, 0], outputs
    step, _ = checkpoints.list_checkpoints(tmp_path / "run")[-1]
    assert 2 <= step < 10_000
    assert all(f"last step {step}" in output for output in outputs)
