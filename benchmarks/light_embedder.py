r"""The light embedder beside the convolutional one, on real clips.

    python -m benchmarks.light_embedder --data_dir=data \
        --weights=mobilenetv2.weights.h5 --output=runs/light

Both train on cached features of the same frozen backbone, with the settings of
`configs/g1_bottle_light.py` and `configs/g1_bottle.py`. First the time of a
training step, in turns; then runs of several seeds, trained and evaluated on
the held-out clips by the protocol of docs/results.md. --full_seeds trains the
convolutional embedder too, on cached features without augmentation;
--full_logdir evaluates a run of it that is there, as it is.
"""

import argparse
import dataclasses
import pathlib
import time
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from benchmarks import interleaved, training_setup
from tcc import feature_cache
from tcc.configs import g1_bottle, g1_bottle_light, schema
from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.report import results
from tcc.training import checkpoints, loop

_LIGHT, _FULL = "light", "convolutional"
_TASKS = ("classification", "kendalls_tau")
_STEPS_AT_ONCE = 5


@dataclasses.dataclass(frozen=True)
class Run:
    """A trained network.

    Attributes:
      name: of its embedder.
      scores: accuracies at the label fractions in rising order, then tau.
      seconds: of training, by the clock; NaN where it was there already.
      cpu_seconds: of all threads.
    """

    name: str
    scores: tuple[float, ...]
    seconds: float
    cpu_seconds: float


def experiments(
    data_dir: str, weights: str, folder: pathlib.Path, max_steps: int = 0
) -> dict[str, schema.ExperimentConfig]:
    """Returns the two configurations, by the name of the embedder.

    Args:
      data_dir: where `video_folder/g1_bottle` is prepared.
      weights: file of the backbone, or "imagenet".
      folder: gets the cached features.
      max_steps: of a short run; 0 is as configured.
    """
    found = {
        _LIGHT: g1_bottle_light.get_config(),
        _FULL: g1_bottle.get_config(),
    }
    for config in found.values():
        config.data.data_dir = data_dir
        config.model.weights = weights
        config.feature_cache.enabled = True
        config.feature_cache.folder = str(folder / "features")
        config.train.image_interval = 0
        config.train.max_steps = max_steps or config.train.max_steps
        config.eval.tasks = _TASKS
    return found


def build_step(config: schema.ExperimentConfig) -> Callable[[], None]:
    """Returns what makes a few training steps on cached features."""
    keras.utils.set_random_seed(config.train.seed)
    encoder = checkpoints.build_encoder(config)
    features = feature_cache.open_or_build(config, encoder)
    steps = training_setup.build(config, encoder).steps
    batches = training_setup.batches(config, features)

    def step() -> None:
        progress = steps.run(batches, tf.constant(_STEPS_AT_ONCE))
        float(progress.metrics["loss"])

    return step


def train(
    name: str, config: schema.ExperimentConfig, seed: int, folder: pathlib.Path
) -> Run:
    """Trains and evaluates one seed; a run that is there is evaluated."""
    config.train.seed = seed
    logdir = folder / f"{name}_{seed}"
    is_there = bool(checkpoints.list_checkpoints(logdir))
    start, cpu = time.perf_counter(), time.process_time()
    last = loop.train(config, logdir)
    if last < config.train.max_steps:
        raise KeyboardInterrupt
    seconds, cpu_seconds = (
        time.perf_counter() - start,
        time.process_time() - cpu,
    )
    if is_there:
        seconds = cpu_seconds = float("nan")
    return Run(name, evaluate(logdir), seconds, cpu_seconds)


def evaluate(
    logdir: pathlib.Path, data_dir: str | None = None
) -> tuple[float, ...]:
    """Returns accuracies and tau of a run's newest checkpoint."""
    config, _, parts = checkpoint_evaluation.embed_checkpoint(
        str(logdir), None, data_dir=data_dir
    )
    settings = dataclasses.replace(config.eval, tasks=_TASKS)
    found = results.evaluate_embeddings(next(parts), next(parts), settings)
    curve = found.tasks["classification"].arrays["curve"]
    tau = found.tasks["kendalls_tau"].score
    return (*curve[:, 1], float("nan") if tau is None else tau)


def print_steps(
    configs: dict[str, schema.ExperimentConfig], rounds: int
) -> None:
    """Times training steps in turns."""
    timings = interleaved.measure(
        {name: build_step(config) for name, config in configs.items()},
        rounds=rounds,
    )
    for name, timing in timings.items():
        print(
            f"{name:16} {1e3 * timing.seconds / _STEPS_AT_ONCE:8.1f} ms a step,"
            f" {1e3 * timing.cpu_seconds / _STEPS_AT_ONCE:8.1f} ms of CPU",
            flush=True,
        )
    light, full = timings[_LIGHT], timings[_FULL]
    print(
        f"ratio {full.seconds / light.seconds:.0f} x, "
        f"CPU {full.cpu_seconds / light.cpu_seconds:.0f} x",
        flush=True,
    )


def print_runs(runs: Sequence[Run]) -> None:
    """Prints mean and standard deviation over the seeds of each embedder."""
    print(
        "| embedder | accuracy, 10 % | 50 % | 100 % | tau | seeds | s | CPU-s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in dict.fromkeys(run.name for run in runs):
        those = [run for run in runs if run.name == name]
        cells = [
            _mean([run.scores[i] for run in those])
            for i in range(len(those[0].scores))
        ]
        seconds = np.median([run.seconds for run in those])
        cpu_seconds = np.median([run.cpu_seconds for run in those])
        print(
            f"| {name} | {' | '.join(cells)} | {len(those)} |"
            f" {seconds:.0f} | {cpu_seconds:.0f} |"
        )


def _mean(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def main() -> None:
    """Prints the times of a step, then the table of the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--full_seeds", type=int, default=0)
    parser.add_argument("--full_logdir", type=pathlib.Path)
    parser.add_argument(
        "--max_steps", type=int, default=0, help="for a short trial"
    )
    arguments = parser.parse_args()
    configs = experiments(
        arguments.data_dir,
        arguments.weights,
        arguments.output,
        arguments.max_steps,
    )
    if arguments.rounds:
        print_steps(configs, arguments.rounds)
    counts = {_LIGHT: arguments.seeds, _FULL: arguments.full_seeds}
    runs = [
        train(name, configs[name], seed, arguments.output)
        for name, count in counts.items()
        for seed in range(count)
    ]
    if arguments.full_logdir:
        scores = evaluate(arguments.full_logdir, arguments.data_dir)
        name = f"{_FULL}, {arguments.full_logdir.name}"
        runs.append(Run(name, scores, float("nan"), float("nan")))
    print_runs(runs)


if __name__ == "__main__":
    main()
