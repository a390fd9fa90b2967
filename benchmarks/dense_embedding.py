"""Embedding every frame of a video: ours beside the straightforward way.

    python -m benchmarks.dense_embedding            # --quick: a small network

At the original's sizes, with random weights: ResNet50V2, the conv embedder with
capacity 2 over 2 context frames that are 15 frames apart. The straightforward
way puts the context frames of 16 steps through the backbone, however often
they occur, and then through Keras' padded `Conv3D`. Ours puts every frame
through the backbone once, and through the embedder's first products once.
The embeddings are compared.
"""

import argparse
import dataclasses

import keras
import numpy as np
import tensorflow as tf

from benchmarks import interleaved, plain_network
from tcc import models
from tcc.configs import schema
from tcc.evaluation.embedding import embed
from tcc.training import checkpoints

_STEPS_AT_ONCE = 16  # of the straightforward way: 32 images, as ours
_CHUNK = 32
_PRECISIONS = ("float32", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class Result:
    """Frames per second and CPU seconds per frame, and how far off it is.

    Attributes:
        error: largest difference from the straightforward embeddings,
            relative to their standard deviation.
    """

    frames_per_second: float
    cpu_seconds: float
    error: float


def main() -> None:
    """Measures at each size and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="112,224", help="pixels")
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    config = schema.ExperimentConfig()
    config.model.weights = "none"
    sizes = [int(size) for size in arguments.sizes.split(",")]
    rounds = arguments.rounds
    if arguments.quick:
        config.model.backbone, config.model.conv.capacity = "small", 1
        sizes, rounds = sizes[:1], 1
    for size in sizes:
        config.data.image_size = size
        found = compare(config, num_frames=arguments.frames, rounds=rounds)
        base = found["straightforward"]
        print(f"{size} px, {arguments.frames} frames, median of {rounds}")
        print(f"{'':24}  frames/s   ratio   CPU ratio   error")
        for name, result in found.items():
            speed = result.frames_per_second
            print(
                f"{name:24}{speed:10.2f}"
                f"{speed / base.frames_per_second:8.2f}"
                f"{base.cpu_seconds / result.cpu_seconds:12.2f}"
                f"{result.error:10.1e}",
                flush=True,
            )


def compare(
    config: schema.ExperimentConfig, *, num_frames: int, rounds: int
) -> dict[str, Result]:
    """Measures the straightforward way and ours in both precisions.

    Args:
        config: of an encoder with the conv embedder.
        num_frames: of the video.
        rounds: of which the median is taken.

    Returns:
        Results by name, the first one "straightforward".
    """
    size = config.data.image_size
    rng = np.random.default_rng(0)
    frames = rng.uniform(-1, 1, (num_frames, size, size, 3)).astype(np.float32)
    encoders = _build(config)
    plain = plain_network.build(encoders["float32"], config.model)
    ways = {"straightforward": _straightforward(plain, config, frames)}
    for precision, encoder in encoders.items():
        ways[f"ours, {precision}"] = _ours(encoder, config, frames)
    expected = ways["straightforward"]()
    errors = {
        name: float(np.abs(way() - expected).max() / expected.std())
        for name, way in ways.items()
    }
    timings = interleaved.measure(ways, rounds=rounds)
    return {
        name: Result(
            num_frames / timing.seconds,
            timing.cpu_seconds / num_frames,
            errors[name],
        )
        for name, timing in timings.items()
    }


def _build(config: schema.ExperimentConfig) -> dict[str, models.Encoder]:
    """Returns encoders with the same weights, by precision."""
    keras.utils.set_random_seed(0)
    encoders: dict[str, models.Encoder] = {}
    for precision in _PRECISIONS:
        encoder = checkpoints.build_encoder(config, precision=precision)
        if encoders:
            encoder.set_weights(encoders["float32"].get_weights())
        encoders[precision] = encoder
    return encoders


def _straightforward(plain, config, frames):
    """Returns what embeds the video in batches of steps."""
    offsets = config.data.context_stride * np.arange(
        1 - config.data.num_context, 1
    )
    context = np.maximum(np.arange(len(frames))[:, None] + offsets, 0)
    embed_steps = tf.function(
        lambda batch: plain(batch, training=False)[0], reduce_retracing=True
    )

    def run() -> np.ndarray:
        parts = [
            embed_steps(frames[context[start : start + _STEPS_AT_ONCE]][None])
            for start in range(0, len(frames), _STEPS_AT_ONCE)
        ]
        return np.concatenate([part.numpy() for part in parts])

    return run


def _ours(encoder, config, frames):
    """Returns what embeds the video with the dense embedder."""
    embedder = embed.DenseEmbedder(
        encoder,
        context_stride=config.data.context_stride,
        frames_per_chunk=_CHUNK,
    )
    return lambda: embedder.embed(frames.__getitem__, len(frames))[0]


if __name__ == "__main__":
    main()
