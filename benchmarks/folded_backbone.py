"""Backbones in inference: as Keras runs them, and normalisations folded.

    python -m benchmarks.folded_backbone            # --quick: a small network

Both in one process and in turns, in graphs, on 32 images; weights are random,
which makes no difference to the time.
"""

import argparse

import numpy as np
import tensorflow as tf

from benchmarks import interleaved
from tcc.configs import schema
from tcc.models.backbones import folded_backbone
from tcc.training import checkpoints

_IMAGES = 32


def main() -> None:
    """Measures every backbone in both precisions and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbones", default="resnet50v2,mobilenetv2")
    parser.add_argument("--size", type=int, default=224, help="pixels")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    names, rounds = arguments.backbones.split(","), arguments.rounds
    if arguments.quick:
        names, rounds = ["small"], 1
    print(f"{_IMAGES} images of {arguments.size} px, median of {rounds}")
    print(f"{'':28}    Keras   folded   ratio   CPU ratio")
    for name in names:
        for precision in ("float32", "mixed_bfloat16"):
            plain, folded = compare(
                name, precision, size=arguments.size, rounds=rounds
            )
            print(
                f"{name + ', ' + precision:28}"
                f"{plain.seconds:7.2f} s{folded.seconds:7.2f} s"
                f"{plain.seconds / folded.seconds:8.2f}"
                f"{plain.cpu_seconds / folded.cpu_seconds:12.2f}",
                flush=True,
            )


def compare(
    backbone: str, precision: str, *, size: int, rounds: int
) -> tuple[interleaved.Timing, interleaved.Timing]:
    """Returns the times of the backbone as it is, and folded."""
    config = schema.ExperimentConfig()
    config.model.backbone, config.model.weights = backbone, "none"
    config.model.conv.capacity = 1
    config.data.image_size = size
    encoder = checkpoints.build_encoder(config, precision=precision)
    shape = (_IMAGES, *encoder.image_shape)
    images = tf.constant(
        np.random.default_rng(0).uniform(-1, 1, shape), "float32"
    )
    networks = {
        "plain": encoder.backbone,
        "folded": folded_backbone.fold(encoder.backbone),
    }

    def run(network):
        forward = tf.function(lambda: network(images, training=False))
        return lambda: forward().numpy()

    timings = interleaved.measure(
        {name: run(network) for name, network in networks.items()},
        rounds=rounds,
    )
    return timings["plain"], timings["folded"]


if __name__ == "__main__":
    main()
