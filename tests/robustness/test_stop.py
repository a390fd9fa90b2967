"""The training command among others: asked to stop, or started twice."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tcc.configs import serialization
from tcc.training import checkpoints, log_folder
from tests.robustness import runs

_CONFIG = """
from tcc.configs import serialization

def get_config():
    return serialization.load({folder!r})
"""


def _train(folder: pathlib.Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tcc.train",
            f"--config={folder / 'experiment.py'}",
            f"--logdir={folder / 'run'}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_for_step(logdir: pathlib.Path, step: int, process) -> None:
    while process.poll() is None:
        if runs.last_reported_step(logdir) >= step:
            return
        time.sleep(1)
    pytest.fail(process.communicate()[0])


@pytest.mark.slow
def test_a_second_command_is_refused_and_sigterm_saves(tiny_config, tmp_path):
    tiny_config.train.max_steps = 1_000_000
    tiny_config.train.checkpoint_interval = 500_000
    tiny_config.train.report_interval = 10
    serialization.save(tiny_config, tmp_path / "config")
    (tmp_path / "experiment.py").write_text(
        _CONFIG.format(folder=str(tmp_path / "config"))
    )
    logdir = tmp_path / "run"
    first = _train(tmp_path)
    try:
        _wait_for_step(logdir, 10, first)
        before = sorted((logdir / "checkpoints").iterdir())
        second = _train(tmp_path)
        output, _ = second.communicate(timeout=300)
        assert second.returncode == 2
        assert f"Another process trains in {logdir}" in output
        assert "Traceback" not in output
        assert sorted((logdir / "checkpoints").iterdir()) == before
        assert first.poll() is None
        os.kill(first.pid, signal.SIGTERM)
        output, _ = first.communicate(timeout=300)
    finally:
        first.kill()
    assert first.returncode == 0
    assert "SIGTERM: saving at the next step, then stopping." in output
    reached = runs.last_reported_step(logdir)
    last, _ = checkpoints.list_checkpoints(logdir)[-1]
    assert last >= reached >= 10
    assert f"Stopped and saved at step {last}; the same command" in output
    assert not log_folder.is_done(logdir)
