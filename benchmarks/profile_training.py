"""Where the time of training goes, and what limits it.

    python -m benchmarks.profile_training           # --quick: a small network

Runs training steps at the original's sizes (see `training_step`) for a minute,
and in turns with them the parts that they are made of; the difference between
two of these is what the second adds. Then the products of the step are counted
(see `flops`), and their rate is compared with that of one large product of
matrices on the same machine, in the precision of the step.
"""

import argparse
import pathlib
import tempfile
import time

import tensorflow as tf

from benchmarks import flops, interleaved, training_step

_MATRIX = 3072  # rows and columns
_PARTS = {  # what each way adds to the one before it
    "backbone, forward": "backbone, forward",
    "forward": "embedder, forward",
    training_step.PLAIN: "backward",
    training_step.IN_MEMORY: "loss, regularisation, norm, optimizer",
    training_step.FULL: "input (beside the step, and waiting for it)",
}


def main() -> None:
    """Profiles and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=112, help="pixels")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    seconds = 1 if arguments.quick else arguments.seconds
    with tempfile.TemporaryDirectory() as folder:
        config = training_step.original_config(
            arguments.size, pathlib.Path(folder), small=arguments.quick
        )
        config.train.mixed_precision = arguments.precision
        parts = training_step.take_apart(config, pathlib.Path(folder) / "run")
        step = parts.ways[training_step.FULL]
        step()
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            step()
            count += 1
        spent = time.perf_counter() - start
        print(
            f"{count} steps in {spent:.1f} s, {config.train.batch_size} videos "
            f"of {config.data.num_steps} steps at {arguments.size} px, "
            f"{arguments.precision}"
        )
        timings = interleaved.measure(parts.ways, rounds=3)
        _print_parts(timings, training_step.time_occasional(parts))
        _print_rate(parts, timings[training_step.PLAIN], arguments.precision)


def _print_parts(
    timings: dict[str, interleaved.Timing], occasional: dict[str, float]
) -> None:
    """Prints what each part takes of a step."""
    whole = timings[training_step.FULL]
    before = interleaved.Timing(0.0, 0.0)
    print(f"{'part of a step':44}{'ms':>9}{'share':>8}{'CPU share':>11}")
    for way, part in _PARTS.items():
        timing = timings[way]
        seconds = timing.seconds - before.seconds
        cpu = timing.cpu_seconds - before.cpu_seconds
        print(
            f"{part:44}{seconds * 1e3:9.1f}{seconds / whole.seconds:8.1%}"
            f"{cpu / whole.cpu_seconds:11.1%}"
        )
        before = timing
    for part, seconds in occasional.items():
        print(
            f"{part + ', shared out':44}{seconds * 1e3:9.1f}"
            f"{seconds / whole.seconds:8.1%}"
        )


def _print_rate(
    parts: training_step.Parts, timing: interleaved.Timing, precision: str
) -> None:
    """Prints the rate of the step's products beside that of the machine."""
    operations = flops.count_operations(parts.plain.graph)
    matrix = tf.random.normal([_MATRIX, _MATRIX])
    if precision == "mixed_bfloat16":
        matrix = tf.cast(matrix, tf.bfloat16)
    multiply = tf.function(tf.matmul)
    peak = interleaved.measure(
        {"peak": lambda: multiply(matrix, matrix)[0, 0].numpy()}, rounds=5
    )["peak"]
    products = 2 * _MATRIX**3
    for clock, step, best in (
        ("second", timing.seconds, peak.seconds),
        ("CPU second", timing.cpu_seconds, peak.cpu_seconds),
    ):
        print(
            f"forward and backward: {operations / 1e9:.0f} GFLOP, "
            f"{operations / step / 1e9:.0f} GFLOP a {clock}; product of "
            f"matrices: {products / best / 1e9:.0f}; "
            f"{operations / step / (products / best):.0%} of it",
            flush=True,
        )


if __name__ == "__main__":
    main()
