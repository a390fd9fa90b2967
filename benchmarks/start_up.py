"""How long it takes until a command answers and until training runs.

    python -m benchmarks.start_up                   # --quick: fewer commands

Prints the wall and CPU time of `--help` of every command of pyproject.toml. Of
the demo's training: how long TensorFlow takes to trace the step and to optimise
its graph, how long the first step and later ones take, and how many nodes the
graph has with other batch sizes and numbers of steps.
"""

import argparse
import copy
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

import tensorflow as tf

from benchmarks import input_pipeline as clips
from benchmarks import training_setup
from tcc.configs import demo, schema

_PROJECT = pathlib.Path(__file__).parent.parent / "pyproject.toml"


def main() -> None:
    """Prints both parts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    modules = commands()
    print(f"{'python -m … --help':34}{'seconds':>10}{'CPU s':>10}")
    for module in modules[:3] if arguments.quick else modules:
        seconds, cpu_seconds = time_help(module)
        print(f"{module:34}{seconds:10.2f}{cpu_seconds:10.2f}", flush=True)
    config = demo.get_config()
    case = clips.Case(112, 112, 112)
    with tempfile.TemporaryDirectory() as folder:
        config.data.data_dir = folder
        config.data.datasets = (
            clips.write_videos(
                pathlib.Path(folder), case, num_videos=8, num_frames=40
            ),
        )
        config.algorithm.classification.num_classes = (5,)
        _print_first_steps(config)
        for batch_size, num_steps in ((2, 20), (8, 20), (4, 40)):
            graph = build(config, batch_size, num_steps).graph
            print(
                f"batch {batch_size}, {num_steps} steps: "
                f"{count_nodes(graph)} graph nodes",
                flush=True,
            )


def commands() -> list[str]:
    """Returns the modules of the commands of pyproject.toml."""
    scripts = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["scripts"]
    return sorted(entry.partition(":")[0] for entry in scripts.values())


def time_help(module: str) -> tuple[float, float]:
    """Returns wall and CPU seconds of a command's --help, medians of 3."""
    walls, cpus = [], []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", module, "--help"], capture_output=True
        )
        walls.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(
            after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        )
    return statistics.median(walls), statistics.median(cpus)


def build(
    config: schema.ExperimentConfig, batch_size: int, num_steps: int
) -> tf.types.experimental.ConcreteFunction:
    """Returns the traced steps of training.

    Args:
        config: of the experiment, whose data are prepared.
        batch_size: in place of the configured one.
        num_steps: in place of the configured one.
    """
    config = copy.deepcopy(config)
    config.train.batch_size, config.data.num_steps = batch_size, num_steps
    steps, batches = _make(config)
    return steps.run.get_concrete_function(batches, tf.constant(1))


def count_nodes(graph: tf.Graph) -> int:
    """Counts the nodes of a graph and of the functions that it calls."""
    definition = graph.as_graph_def()
    return len(definition.node) + sum(
        len(function.node_def) for function in definition.library.function
    )


def _make(config: schema.ExperimentConfig):
    """Returns the steps of a training run, and its batches."""
    steps = training_setup.build(config).steps
    return steps, training_setup.batches(config)


def _print_first_steps(config: schema.ExperimentConfig) -> None:
    start = time.perf_counter()
    steps, batches = _make(config)
    next(batches)  # what the input needs to start is not the step's
    print(f"network and input made: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    traced = steps.run.get_concrete_function(batches, tf.constant(1))
    print(f"tracing: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    traced(batches, tf.constant(0))  # no step: the graph is optimised
    print(f"optimising the graph: {time.perf_counter() - start:.2f} s")
    walls, cpus = [], []
    for _ in range(11):
        start, cpu = time.perf_counter(), time.process_time()
        int(traced(batches, tf.constant(1)).num_steps)
        walls.append(time.perf_counter() - start)
        cpus.append(time.process_time() - cpu)
    later = statistics.median(walls[1:])
    print(
        f"first step: {walls[0]:.2f} s, later ones: {later:.2f} s; "
        f"{walls[0] / later:.1f} times, in CPU time "
        f"{cpus[0] / statistics.median(cpus[1:]):.1f} times",
        flush=True,
    )


if __name__ == "__main__":
    main()
