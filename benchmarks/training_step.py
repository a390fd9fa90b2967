"""A training step, and what its parts cost.

    python -m benchmarks.training_step              # --quick: a small network

At the original's sizes: ResNet50V2 (`only_bn`, random weights), the conv
embedder with capacity 2, 2 videos of 20 steps with 2 context frames. The plain
loop runs this network forward and backward on one batch in memory. The full
step does so on batches as they are read, with the loss, its regularisation,
gradient norm and optimizer, as `tcc.train` runs it. Summaries, pictures and
checkpoints are timed by themselves and shared out over their intervals.
"""

import argparse
import dataclasses
import pathlib
import tempfile
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from benchmarks import input_pipeline as clips
from benchmarks import interleaved, training_setup
from tcc.configs import schema
from tcc.training import checkpoints, summaries

PLAIN = "forward and backward"
IN_MEMORY = "step, batch in memory"
FULL = "step"


@dataclasses.dataclass(frozen=True)
class Parts:
    """A training run taken apart.

    Attributes:
        ways: what can be timed in turns, each more than the one before it.
        occasional: what is done at intervals, and how many steps these are.
        plain: the plain loop's step, to count its operations.
    """

    ways: dict[str, Callable[[], object]]
    occasional: dict[str, tuple[Callable[[], object], int]]
    plain: tf.types.experimental.ConcreteFunction


def main() -> None:
    """Measures at each size and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="112,224", help="pixels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds = 1 if arguments.quick else arguments.rounds
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            config = original_config(
                size, pathlib.Path(folder), small=arguments.quick
            )
            parts = take_apart(config, pathlib.Path(folder) / "run")
            _print(size, parts, rounds)


def original_config(
    size: int, data_dir: pathlib.Path, *, small: bool = False
) -> schema.ExperimentConfig:
    """Returns the original's configuration, on real clips that it writes.

    Args:
        size: pixels, height and width, stored and trained.
        data_dir: where the clips are prepared.
        small: a small network, for a quick look.
    """
    config = schema.ExperimentConfig()
    config.model.weights = "none"
    if small:
        config.model.backbone, config.model.conv.capacity = "small", 1
        config.model.train_base = "train_all"
    config.data.image_size = size
    config.data.data_dir = str(data_dir)
    case = clips.Case(size, size, size)
    name = clips.write_videos(data_dir, case, num_videos=8, num_frames=60)
    config.data.datasets = (name,)
    return config


def take_apart(config: schema.ExperimentConfig, logdir: pathlib.Path) -> Parts:
    """Makes what `tcc.train` makes, and what is to be timed of it."""
    algorithm, optimizer, step, steps = training_setup.build(config)
    embed = tf.function(lambda frames: algorithm(frames, training=False))
    batches = training_setup.batches(config)
    batch = next(batches)
    same = iter(tf.data.Dataset.from_tensors(batch).repeat())
    writer = summaries.Summaries(logdir / "train")
    scalars = dict.fromkeys((*steps.metric_names, "rate", "speed"), 1.0)

    def write_images() -> None:
        embs = embed(batch["frames"])
        shown = summaries.to_uint8(batch["frames"][:, :, -1].numpy())
        writer.write_images(shown, np.asarray(embs), 1)

    def save() -> None:
        checkpoints.Manager(
            logdir,
            algorithm=algorithm,
            optimizer=optimizer,
            step=step,
            keep=1,
            strategy=tf.distribute.get_strategy(),
        ).save()

    one = tf.constant(1)
    train = config.train
    ways, plain = _forward_and_backward(algorithm.encoder, batch["frames"])
    return Parts(
        ways=ways
        | {
            IN_MEMORY: lambda: int(steps.run(same, one).num_steps),
            FULL: lambda: int(steps.run(batches, one).num_steps),
        },
        occasional={
            "scalars": (
                lambda: writer.write_scalars(scalars, 1),
                train.report_interval,
            ),
            "pictures": (write_images, train.image_interval),
            "checkpoint": (save, train.checkpoint_interval),
        },
        plain=plain,
    )


def _forward_and_backward(
    network: keras.Model, frames: tf.Tensor
) -> tuple[
    dict[str, Callable[[], object]], tf.types.experimental.ConcreteFunction
]:
    """Returns the plain loop's step behind the beginnings of it; its graph."""
    images = tf.reshape(frames, [-1, *network.image_shape])

    @tf.function
    def backbone() -> tf.Tensor:
        features = network.extract_features(images, training=True)
        return tf.reduce_sum(tf.cast(features, tf.float32))

    @tf.function
    def forward() -> tf.Tensor:
        return tf.reduce_sum(network(frames, training=True))

    @tf.function
    def plain() -> tf.Tensor:
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.square(network(frames, training=True)))
        gradients = tape.gradient(total, network.trainable_variables)
        # All of each is computed, and one number of it returned.
        return tf.add_n([tf.reshape(g, [-1])[0] for g in gradients])

    ways: dict[str, Callable[[], object]] = {
        "backbone, forward": lambda: float(backbone()),
        "forward": lambda: float(forward()),
        PLAIN: lambda: float(plain()),
    }
    return ways, plain.get_concrete_function()


def time_occasional(parts: Parts) -> dict[str, float]:
    """Returns the seconds a step of what is done at intervals."""
    found = {}
    for name, (act, interval) in parts.occasional.items():
        act()
        start = time.perf_counter()
        act()
        found[name] = (time.perf_counter() - start) / interval
    return found


def _print(size: int, parts: Parts, rounds: int) -> None:
    timings = interleaved.measure(parts.ways, rounds=rounds)
    occasional = time_occasional(parts)
    print(f"{size} px, medians of {rounds}")
    print(f"{'':28}{'ms':>10}{'CPU ms':>10}")
    for name, timing in timings.items():
        print(
            f"{name:28}{timing.seconds * 1e3:10.1f}"
            f"{timing.cpu_seconds * 1e3:10.1f}"
        )
    for name, seconds in occasional.items():
        print(f"{name + ', share of a step':28}{seconds * 1e3:10.2f}")
    plain, full = timings[PLAIN], timings[FULL]
    more = full.seconds + sum(occasional.values()) - plain.seconds
    print(
        f"overhead {more / plain.seconds:.1%} of the plain loop, in CPU time "
        f"{full.cpu_seconds / plain.cpu_seconds - 1:.1%} without summaries "
        "and checkpoints",
        flush=True,
    )


if __name__ == "__main__":
    main()
