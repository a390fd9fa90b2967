"""Does continuous evaluation grow? Memory and descriptors, by checkpoints.

    python benchmarks/evaluation_leaks.py --checkpoints=60

Renders a few small videos, writes checkpoints of one tiny network, and lets
continuous evaluation work through them in this process, as it does beside a
long training. Prints resident memory, open descriptors, threads and Python
objects after each, and ends with status 1 if descriptors or threads grow after
the warm-up, or memory by more than --allowed_mb for each checkpoint.
"""

import argparse
import gc
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from tcc.configs import schema, serialization
from tcc.datasets.builders.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder,
)
from tcc.evaluation.checkpoints import continuous
from tcc.training import checkpoints, log_folder

_WARM_UP = 1 / 3  # of the evaluations


def main() -> int:
    """Runs the measurement; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=int, default=60)
    parser.add_argument("--allowed_mb", type=float, default=0.5)
    parser.add_argument("--every", type=int, default=5, help="line to line")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(pathlib.Path(folder), arguments.checkpoints)
    print("evaluation  resident MB  descriptors  threads  objects")
    for i in range(0, len(found), arguments.every):
        memory, descriptors, threads, objects = found[i]
        print(
            f"{i:10d}  {memory:11.1f}  {descriptors:11.0f}  {threads:7.0f}  "
            f"{objects:7.0f}"
        )
    warm_up = int(len(found) * _WARM_UP)
    memory, descriptors, threads, objects = slopes(found[warm_up:])
    print(
        f"growth for each evaluation after the first {warm_up}: "
        f"{memory:.2f} MB, {descriptors:.2f} descriptors, {threads:.2f} "
        f"threads, {objects:.0f} objects"
    )
    grows = memory > arguments.allowed_mb or max(descriptors, threads) > 0.1
    print("It grows." if grows else "It does not grow.")
    return int(grows)


def measure(folder: pathlib.Path, count: int) -> np.ndarray:
    """Evaluates `count` checkpoints in a run of continuous evaluation.

    Args:
      folder: empty; for the data set and the log folder.
      count: of checkpoints.

    Returns:
      float64 [count, 4]: after each, resident memory in MB, open descriptors,
      threads, and objects that Python's collector knows.
    """
    config = _prepare(folder / "data")
    _write_checkpoints(folder / "run", config, count)
    log_folder.mark_done(folder / "run", count)
    found = []
    for _ in continuous.evaluate_continuously(folder / "run", poll_seconds=0.1):
        gc.collect()
        found.append(_look())
    return np.array(found)


def slopes(found: np.ndarray) -> np.ndarray:
    """Returns the growth of each column from row to row: the median of all.

    The median over all pairs of rows (Theil and Sen) ignores a few jumps.

    Args:
      found: float64 [rows, columns], at least two rows.
    """
    first, second = np.triu_indices(len(found), k=1)
    steps = (second - first)[:, None]
    return np.median((found[second] - found[first]) / steps, axis=0)


def _look() -> tuple[float, float, float, float]:
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return (
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        _count("/proc/self/fd"),
        _count("/proc/self/task"),
        len(gc.get_objects()),
    )


def _count(folder: str) -> int:
    return sum(1 for _ in pathlib.Path(folder).iterdir())


def _prepare(data_dir: pathlib.Path) -> schema.ExperimentConfig:
    """Renders the videos; returns the experiment on them."""
    builder.PouringSynthetic(
        data_dir=data_dir,
        config=builder.PouringSyntheticConfig(
            name="tiny", num_videos=(("train", 3), ("val", 3)), image_size=32
        ),
    ).download_and_prepare()
    config = schema.ExperimentConfig()
    config.data.data_dir = str(data_dir)
    config.data.datasets = ("pouring_synthetic/tiny",)
    config.data.image_size = 32
    config.model.backbone = "small"
    config.model.weights = "none"
    config.model.embedding_size = 8
    config.model.conv.capacity = 1
    config.model.conv.conv_channels = (8,)
    config.model.conv.fc_channels = (8,)
    config.eval.bootstrap_draws = 20
    config.eval.untrained_batches = 1
    return config


def _write_checkpoints(
    logdir: pathlib.Path, config: schema.ExperimentConfig, count: int
) -> None:
    """Writes checkpoints of one network, each a little different."""
    serialization.save(config, logdir)
    encoder = checkpoints.build_encoder(config)
    algorithm = tf.train.Checkpoint(encoder=encoder)
    tree = tf.train.Checkpoint(algorithm=algorithm)
    _ = tree.save_counter  # as training has it
    folder = checkpoints.checkpoint_folder(logdir)
    for step in range(count):
        weight = encoder.trainable_variables[0]
        weight.assign(weight * 1.01)
        tree.write(str(folder / f"ckpt-{step}"))


if __name__ == "__main__":
    sys.exit(main())
