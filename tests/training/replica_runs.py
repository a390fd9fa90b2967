"""What the tests of distributed training share: processes and their results."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tcc.configs import schema, serialization

_MAIN = pathlib.Path(__file__).with_name("replicas_main.py")


def write_configs(
    configs: Mapping[pathlib.Path, schema.ExperimentConfig],
) -> list[str]:
    """Writes what `replicas_main` reads: logdir, config folder, …"""
    arguments = []
    for logdir, config in configs.items():
        folder = logdir.with_name(f"{logdir.name}_config")
        serialization.save(config, folder)
        arguments += [str(logdir), str(folder)]
    return arguments


def start(
    strategy: str,
    devices: int,
    configs: Mapping[pathlib.Path, schema.ExperimentConfig],
    **environment: str,
) -> subprocess.Popen:
    return subprocess.Popen(
        [
            sys.executable,
            str(_MAIN),
            strategy,
            str(devices),
            *write_configs(configs),
        ],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_workers(
    configs: Mapping[pathlib.Path, schema.ExperimentConfig],
    ports: list[int] | None = None,
) -> list[subprocess.Popen]:
    """Starts two workers on loopback."""
    workers = [f"127.0.0.1:{port}" for port in ports or two_free_ports()]
    return [
        start(
            "multi_worker",
            1,
            configs,
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": workers},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index in range(2)
    ]


def finish(*processes: subprocess.Popen) -> None:
    """Waits for processes, which must succeed."""
    with killed_at_the_end(*processes):
        outputs = [process.communicate(timeout=400)[0] for process in processes]
    for process in processes:
        assert process.returncode == 0, "\n=====\n".join(outputs)


@contextlib.contextmanager
def killed_at_the_end(*processes: subprocess.Popen) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def two_free_ports() -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def weights(logdir: pathlib.Path, step: int) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint: weights, statistics, optimizer, step."""
    path = str(logdir / "checkpoints" / f"ckpt-{step}")
    reader = tf.train.load_checkpoint(path)
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "_CHECKPOINTABLE_OBJECT_GRAPH" not in name
        and "save_counter" not in name
    }


def metrics(logdir: pathlib.Path) -> dict[str, dict[int, float]]:
    """Tag → step → value of the training events."""
    found: dict[str, dict[int, float]] = {}
    for path in sorted((logdir / "train").glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = float(
                    tf.make_ndarray(value.tensor)
                )
    return found


def assert_close(
    some: dict[str, np.ndarray],
    others: dict[str, np.ndarray],
    *,
    tolerance: float = 1e-5,
) -> None:
    """Arrays are equal, relative to the largest number in each.

    A gradient that is 0 but for rounding, as that of a bias before a batch
    normalisation, is only held to be small.
    """
    assert some.keys() == others.keys()
    for name, array in some.items():
        largest = np.max(np.abs(others[name]), initial=0.0)
        np.testing.assert_allclose(
            array,
            others[name],
            rtol=0,
            atol=tolerance * largest + 2e-7,
            err_msg=name,
        )
