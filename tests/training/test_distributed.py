"""Training on several replicas: logical devices, and two processes."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

from tcc.configs import serialization
from tcc.training import checkpoints

pytestmark = pytest.mark.slow

_TRAIN = """
import sys
import tensorflow as tf

logdir, name, devices = sys.argv[1], sys.argv[2], int(sys.argv[3])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * devices
)
from tcc.training import strategies

strategy = strategies.build_strategy(name)
from tcc.configs import serialization
from tcc.training import loop

config = serialization.load(sys.argv[4])
print("last step", loop.train(config, logdir, strategy=strategy))
"""


def _start(logdir, strategy, devices, config_dir, **environment):
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            _TRAIN,
            logdir,
            strategy,
            str(devices),
            config_dir,
        ],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finish(*processes: subprocess.Popen) -> None:
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, "\n=====\n".join(outputs)
        assert "last step 6" in output


def _two_free_ports() -> list[int]:
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def config_dir(tiny_config, tmp_path) -> pathlib.Path:
    tiny_config.train.batch_size = 4
    tiny_config.optimizer.global_clipnorm = 1.0
    serialization.save(tiny_config, tmp_path / "config")
    return tmp_path / "config"


def _embeddings(logdir) -> np.ndarray:
    encoder, _, step = checkpoints.restore_encoder(logdir)
    assert step == 6
    frames = np.linspace(-1, 1, 2 * 3 * 32 * 32 * 3, dtype=np.float32)
    return np.asarray(encoder(frames.reshape(2, 3, 1, 32, 32, 3)))


def test_mirrored_trains_and_resumes_on_one_device(config_dir, tmp_path):
    _finish(_start(tmp_path / "run", "mirrored", 2, config_dir))
    embs = _embeddings(tmp_path / "run")
    assert np.all(np.isfinite(embs))
    # The same log folder, on one device: nothing is left to do there.
    _finish(_start(tmp_path / "run", "none", 1, config_dir))
    np.testing.assert_array_equal(_embeddings(tmp_path / "run"), embs)


def test_two_processes_train_one_model(config_dir, tmp_path):
    workers = [f"127.0.0.1:{port}" for port in _two_free_ports()]
    processes = [
        _start(
            tmp_path / "run",
            "multi_worker",
            1,
            config_dir,
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": workers},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index in range(2)
    ]
    _finish(*processes)
    assert np.all(np.isfinite(_embeddings(tmp_path / "run")))
    # As the two logical devices of one process do, up to the order of sums.
    _finish(_start(tmp_path / "mirrored", "mirrored", 2, config_dir))
    np.testing.assert_allclose(
        _embeddings(tmp_path / "run"),
        _embeddings(tmp_path / "mirrored"),
        rtol=1e-3,
        atol=1e-4,
    )
