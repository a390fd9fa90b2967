"""Runs of training in processes of their own, and what they left."""

import multiprocessing
import pathlib
from multiprocessing import context

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.training import loop


def start(
    config: schema.ExperimentConfig, logdir: pathlib.Path
) -> context.ForkServerProcess:
    """Trains in a new process, which takes no time to import TensorFlow.

    It is forked from a server that has imported it, and nothing else.
    """
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.robustness.runs"])
    process = server.Process(target=loop.train, args=(config, logdir))
    process.start()
    return process


def arrays(logdir: pathlib.Path, step: int) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint: weights, statistics, optimizer, step."""
    reader = tf.train.load_checkpoint(
        str(logdir / "checkpoints" / f"ckpt-{step}")
    )
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "_CHECKPOINTABLE_OBJECT_GRAPH" not in name
    }


def assert_same(left: pathlib.Path, right: pathlib.Path, step: int) -> None:
    """Compares the checkpoints of two log folders bit for bit."""
    ours, theirs = arrays(left, step), arrays(right, step)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def last_reported_step(logdir: pathlib.Path) -> int:
    """The newest step in the events of training, -1 without any."""
    steps = [-1]
    for path in (logdir / "train").glob("events.*"):
        try:
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                steps.append(event.step)
        except tf.errors.DataLossError:  # the process was killed in it
            pass
    return max(steps)
