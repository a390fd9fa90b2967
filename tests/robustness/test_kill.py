"""Training that is killed at any moment, by SIGKILL, and resumed."""

import pathlib
import random
import signal
import time

import pytest

from tcc.training import checkpoint_files, checkpoint_reading, checkpoints
from tests.robustness import runs

_KILLS = 20
_INTERVAL = 3  # steps between two checkpoints
_STEPS = 600


def _wait_and_kill(process, logdir: pathlib.Path, rng: random.Random) -> str:
    """Kills a process at a random moment; returns which."""
    if rng.random() < 0.3:  # at any time, also while it starts
        delay = rng.uniform(0, 8)
        process.join(delay)
        moment = f"after {delay:.2f} s"
    else:  # in the middle of saving or in the steps shortly after it
        saves = rng.randrange(1, 8)
        for _ in range(saves):
            _wait_for_save(process, logdir)
        delay = rng.choice([0, 0, rng.uniform(0, 0.01), rng.uniform(0, 0.2)])
        time.sleep(delay)
        moment = f"{delay * 1e3:.1f} ms after the start of save {saves}"
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"ended before: {moment}"
    return moment


def _wait_for_save(process, logdir: pathlib.Path) -> None:
    unfinished = logdir / "checkpoints" / ".unfinished-chief"
    while unfinished.exists() and process.is_alive():
        time.sleep(0.0002)
    while not unfinished.exists() and process.is_alive():
        time.sleep(0.0002)


@pytest.mark.slow
def test_a_run_killed_20_times_equals_an_uninterrupted_one(
    tiny_config, tmp_path
):
    tiny_config.train.max_steps = _STEPS
    tiny_config.train.checkpoint_interval = _INTERVAL
    tiny_config.train.report_interval = 1  # tells how far a killed run was
    tiny_config.data.augmentation.noise_stddev = 0.01
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    uninterrupted = runs.start(tiny_config, whole)
    rng = random.Random(0)
    interrupted_saves = 0
    for _ in range(_KILLS):
        process = runs.start(tiny_config, killed)
        moment = _wait_and_kill(process, killed, rng)
        found = checkpoints.list_checkpoints(killed)
        for _, path in found:
            assert checkpoint_reading.find_damage(path) == "", moment
        reached = runs.last_reported_step(killed)
        resumed = found[-1][0] if found else 0
        assert reached - resumed <= _INTERVAL, moment
        interrupted_saves += (
            killed / "checkpoints" / ".unfinished-chief"
        ).exists()
        print(f"killed at step {reached}, {moment}; goes on at {resumed}")
    assert resumed < _STEPS
    assert interrupted_saves > 2
    last = runs.start(tiny_config, killed)
    for process in (uninterrupted, last):
        process.join()
        assert process.exitcode == 0
    runs.assert_same(whole, killed, _STEPS)
    left = checkpoint_files.list_folder(killed / "checkpoints")
    assert len(left) == tiny_config.train.keep_checkpoints
    assert not (killed / "checkpoints" / ".unfinished-chief").exists()
