"""A training step on cached features beside one on frames.

    python -m benchmarks.feature_cache --image_size=112 --rounds=5

At the original's sizes: ResNet50V2, frozen, and the convolutional embedder, 2
videos of 20 steps with 2 context frames. The straightforward step decodes the
frames and takes the backbone of each context frame, then an embedder made of
padded 3-D convolutions (`plain_network`), all in float32. The others read
cached features and run the project's embedder, in float32 and in bfloat16.

They train the same network on the same batches, which the losses of the first
step show, and run in turns.
"""

import argparse
import dataclasses
import pathlib
import tempfile
from collections.abc import Callable

import keras
import tensorflow as tf

from benchmarks import (
    input_pipeline,
    interleaved,
    plain_network,
    training_setup,
)
from tcc import feature_cache
from tcc.configs import schema
from tcc.training import checkpoints

_PLAIN, _FLOAT32, _BFLOAT16 = "frames", "cached", "cached, bfloat16"


@dataclasses.dataclass
class Way:
    """One way to make training steps.

    Attributes:
        step: makes the next one.
        losses: of those that were made.
    """

    step: Callable[[], None]
    losses: list[float]


def experiment(
    data_dir: str, dataset: str, image_size: int
) -> schema.ExperimentConfig:
    """Returns the original's sizes, with nothing random in a step."""
    config = schema.ExperimentConfig()
    config.data.data_dir = data_dir
    config.data.datasets = (dataset,)
    config.data.image_size = image_size
    config.data.augmentation = schema.AugmentationConfig(
        flip=False, brightness=False, contrast=False
    )
    config.model.weights = "none"
    config.model.train_base = "frozen"
    config.model.conv.fc_dropout = 0.0
    config.feature_cache.enabled = True
    config.feature_cache.folder = str(pathlib.Path(data_dir) / "features")
    return config


def build_ways(config: schema.ExperimentConfig) -> dict[str, Way]:
    """Returns the three ways, with the same starting weights."""
    halved = dataclasses.replace(
        config,
        train=dataclasses.replace(
            config.train, mixed_precision="mixed_bfloat16"
        ),
    )
    return {
        _PLAIN: _build_way(config, is_plain=True),
        _FLOAT32: _build_way(config),
        _BFLOAT16: _build_way(halved),
    }


def _build_way(
    config: schema.ExperimentConfig, *, is_plain: bool = False
) -> Way:
    keras.utils.set_random_seed(0)
    encoder = checkpoints.build_encoder(config)
    features = None
    network: keras.Model = encoder
    if is_plain:
        network = plain_network.build(encoder, config.model)
    else:
        features = feature_cache.open_or_build(config, encoder)
    steps = training_setup.build(config, network).steps
    batches = training_setup.batches(config, features)
    losses: list[float] = []

    def step() -> None:
        progress = steps.run(batches, tf.constant(1))
        losses.append(float(progress.metrics["alignment_loss"]))

    return Way(step, losses)


def report(ways: dict[str, Way], rounds: int) -> None:
    """Times the ways and prints medians and ratios."""
    timings = interleaved.measure(
        {name: way.step for name, way in ways.items()}, rounds=rounds
    )
    plain = timings[_PLAIN]
    print(f"{'a step on':20}{'s':>9}{'CPU-s':>9}{'first loss':>12}{'ratio':>9}")
    for name, timing in timings.items():
        wall = plain.seconds / timing.seconds
        cpu = plain.cpu_seconds / timing.cpu_seconds
        print(
            f"{name:20}{timing.seconds:>9.3f}{timing.cpu_seconds:>9.3f}"
            f"{ways[name].losses[0]:>12.5f}   {wall:.2f} x, CPU {cpu:.2f} x",
            flush=True,
        )


def main() -> None:
    """Prints a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image_size", type=int, nargs="+", default=[112, 224])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--num_steps", type=int, default=20, help="fewer for a quick look"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.image_size:
            case = input_pipeline.Case(size, size, size)
            name = input_pipeline.write_videos(
                pathlib.Path(folder), case, num_videos=4, num_frames=40
            )
            config = experiment(folder, name, size)
            config.data.num_steps = arguments.num_steps
            print(f"\n{size} pixels, {arguments.num_steps} steps a video")
            report(build_ways(config), arguments.rounds)


if __name__ == "__main__":
    main()
