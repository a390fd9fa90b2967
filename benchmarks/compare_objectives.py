r"""Compares all objectives at an equal number of steps, over several seeds.

    python -m benchmarks.compare_objectives --config=demo \
        --config.data.data_dir=tcc_demo/data --output=runs/compare

Each method and seed is trained and evaluated once and leaves a JSON file in
the output folder; runs that are there are not made again, and one that was
killed goes on at its last checkpoint. So the table can be made in pieces: with
--methods and --num_seeds, or --time_limit. --table_only prints what is there.

Equal means the same steps of the same number of frames. Single-view TCN sees
two frames for each step that it samples, so data.num_steps is halved for it and
for combinations with it, unless --noequal_frames is given.

The rows "untrained" and "frame index" stand beside: the networks that the runs
of each seed start from, their batch normalisation adapted to the data (not with
cached features), and the position in the video, which sees nothing.

With --config.feature_cache.enabled, as in g1_bottle_light, evaluation too has
every frame go through the frozen backbone once for all runs.
"""

import copy
import json
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import flags, logging

from tcc import command_line
from tcc.command_line import config_flag, output_flag
from tcc.configs import schema
from tcc.configs.checks import fields, objective_checks
from tcc.configs.papers import temporal_cycle_consistency
from tcc.io import atomic_files

flags.adopt_module_key_flags(config_flag)
flags.adopt_module_key_flags(output_flag)

METHODS = temporal_cycle_consistency.PAPER.methods

_METHODS = flags.DEFINE_list(
    "methods", list(METHODS), "Which objectives to compare."
)
_NUM_SEEDS = flags.DEFINE_integer(
    "num_seeds", 3, "Runs of each, with seeds 0, 1, ...", lower_bound=1
)
_TIME_LIMIT = flags.DEFINE_float(
    "time_limit", float("inf"), "Seconds after which no run is begun."
)
_EQUAL_FRAMES = flags.DEFINE_bool(
    "equal_frames", True, "Halve data.num_steps where pairs are sampled."
)
_TABLE_ONLY = flags.DEFINE_bool("table_only", False, "Train nothing.")

_TASKS = ("kendalls_tau", "classification", "event_completion")
_FEW, _ALL = 0.1, 1.0  # of the labelled training videos


def run_once(
    config: schema.ExperimentConfig,
    method: str,
    seed: int,
    folder: str,
    *,
    equal_frames: bool = True,
    features: list[Any] | None = None,
) -> dict[str, Any]:
    """Trains and evaluates one method with one seed, unless that is done.

    Args:
      config: the experiment; not changed.
      method: one of `METHODS`.
      seed: of weights, batches and draws.
      folder: where the run and its scores go.
      equal_frames: whether the steps are halved where pairs are sampled.
      features: of the frozen backbone that all runs share, see
        `frozen_features`; filled if empty. None evaluates the frames.

    Returns:
      What the JSON file holds.

    Raises:
      ValueError: the folder holds a run of another configuration.
    """
    from tcc.configs import serialization
    from tcc.training import loop

    config = copy.deepcopy(config)
    fields.set_fields(config, METHODS[method].settings)
    samples_pairs = config.algorithm.tcn.views == "single" and (
        "tcn" in objective_checks.objectives(config.algorithm)
    )
    if equal_frames and samples_pairs:
        config.data.num_steps //= 2
    config.train.seed = seed
    config.eval.tasks = _TASKS
    config.eval.classification_fractions = (_FEW, _ALL)
    config.eval.bootstrap_draws = 1  # intervals are over seeds here
    config.eval.untrained_batches = 10
    path = pathlib.Path(folder) / f"{method}_{seed}.json"
    # As it comes back from JSON, which has no tuples.
    settings = json.loads(json.dumps(serialization.to_dict(config)))
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["config"] != settings:
            raise ValueError(
                f"{path} is of another configuration: choose another --output."
            )
        return found
    logdir = path.with_suffix("")
    start = time.monotonic()
    last = loop.train(config, logdir)
    if last < config.train.max_steps:
        raise KeyboardInterrupt
    seconds = time.monotonic() - start
    found = {
        "method": method,
        "seed": seed,
        "steps": last,
        "seconds": seconds,  # since the run was last resumed
        **_scores(logdir, last, seed, features),
        "config": settings,
    }
    with atomic_files.write(path) as unfinished:
        unfinished.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def _scores(
    logdir: pathlib.Path,
    step: int,
    seed: int,
    features: list[Any] | None,
) -> dict[str, Any]:
    """Scores of a checkpoint, and of the baselines on the same frames."""
    # All methods start from the same network, so one evaluation of it will do.
    known = [
        json.loads(path.read_text(encoding="utf-8"))["baselines"]
        for path in logdir.parent.glob(f"*_{seed}.json")
    ]
    if features is None:
        rows = _evaluate(logdir, step, untrained=not known)
    else:
        rows = _evaluate_on(features, logdir, step, untrained=not known)
    scores, *baselines = (_columns(result) for result in rows.values())
    return {
        "scores": scores,
        "baselines": known[0]
        if known
        else dict(zip(list(rows)[1:], baselines, strict=True)),
    }


def _evaluate(
    logdir: pathlib.Path, step: int, *, untrained: bool
) -> dict[str, Any]:
    """Returns the results of a checkpoint and its baselines, by name."""
    from tcc.evaluation.checkpoints import checkpoint_evaluation

    return checkpoint_evaluation.evaluate_checkpoint(
        logdir, str(step), untrained=untrained
    ).rows(0)


def _evaluate_on(
    features: list[Any], logdir: pathlib.Path, step: int, *, untrained: bool
) -> dict[str, Any]:
    """As `_evaluate`, on features of both splits, which it fills if empty."""
    from benchmarks import frozen_features
    from tcc.evaluation.embedding import baselines
    from tcc.evaluation.report import results
    from tcc.training import checkpoints

    rows: dict[str, Any] = {}
    steps = {f"step {step}": step} | ({"untrained": 0} if untrained else {})
    for name, number in steps.items():
        encoder, config, _ = checkpoints.restore_encoder(logdir, str(number))
        features[:] = features or frozen_features.extract(encoder, config)
        train, val = (
            frozen_features.embed_features(encoder, config, part)
            for part in features
        )
        rows[name] = results.evaluate_embeddings(train, val, config.eval)
    rows["frame index"] = results.evaluate_embeddings(
        baselines.frame_index(train), baselines.frame_index(val), config.eval
    )
    return rows


def _columns(result: Any) -> dict[str, float | None]:
    """Returns heading -> score of a `DatasetResult`; None is no valid score."""
    from tcc.evaluation.tasks import task_result

    tasks = result.tasks
    scalars = {k: v for task in tasks.values() for k, v in task.scalars.items()}
    dataset = task_result.tag_name(result.dataset)
    val = next(reversed(result.sizes))  # after the training split
    found = {
        "Kendall's tau": scalars.get(f"kendalls_tau/{dataset}_{val}_align_tau"),
        "valid pairs": scalars.get(f"kendalls_tau/{dataset}_{val}_valid_share"),
    }
    for share in (_FEW, _ALL):
        found[f"phase accuracy, {share:.0%} of the labels"] = scalars.get(
            f"classification/val_{dataset}_{share}_accuracy"
        )
    found["progression R2"] = tasks["event_completion"].score
    return {k: task_result.json_number(v) for k, v in found.items()}


def table(found: Sequence[dict[str, Any]]) -> str:
    """Returns mean ± standard deviation over the seeds of each method.

    Args:
      found: contents of the JSON files.

    Returns:
      A table in Markdown.
    """
    rows: dict[str, list[dict[str, float | None]]] = {}
    for run in found:
        rows.setdefault(run["method"], []).append(run["scores"])
    # Baselines differ by the seed of the network, not by the method.
    seeds = {run["seed"]: run["baselines"] for run in found}
    for name in found[0]["baselines"]:
        rows[name] = [baselines[name] for baselines in seeds.values()]
    headings = list(found[0]["scores"])
    lines = [
        "| | " + " | ".join([*headings, "seeds"]) + " |",
        "|---" * (len(headings) + 2) + "|",
    ]
    for method, scores in rows.items():
        cells = [_mean([s[heading] for s in scores]) for heading in headings]
        lines.append(
            f"| {method} | " + " | ".join([*cells, str(len(scores))]) + " |"
        )
    steps = sorted({run["steps"] for run in found})
    lines += [
        "",
        f"after {', '.join(map(str, steps))} steps; mean ± standard deviation "
        "over seeds, on held-out videos",
    ]
    return "\n".join(lines)


def _mean(values: Sequence[float | None]) -> str:
    numbers = [value for value in values if value is not None]
    if not numbers or len(numbers) < len(values):
        return f"{len(numbers)} of {len(values)} valid"
    if len(numbers) == 1:
        return f"{numbers[0]:.3f}"
    return f"{np.mean(numbers):.3f} ± {np.std(numbers, ddof=1):.3f}"


def main(argv: Sequence[str]) -> int:
    """Runs what is missing, and prints the table."""
    del argv
    command_line.require(
        config=config_flag.CONFIG.value, output=output_flag.OUTPUT.value
    )
    unknown = sorted(set(_METHODS.value) - set(METHODS))
    if unknown:
        raise ValueError(
            f"--methods must be among {', '.join(METHODS)}. "
            f"Received: {unknown[0]!r}"
        )
    folder = pathlib.Path(str(output_flag.OUTPUT.value))
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    config = config_flag.CONFIG.value
    features: list[Any] | None = [] if config.feature_cache.enabled else None
    try:
        # Seed by seed, so that an unfinished table has all methods.
        for seed in range(0 if _TABLE_ONLY.value else _NUM_SEEDS.value):
            for method in _METHODS.value:
                if time.monotonic() - start < _TIME_LIMIT.value:
                    run_once(
                        config,
                        method,
                        seed,
                        str(folder),
                        equal_frames=_EQUAL_FRAMES.value,
                        features=features,
                    )
    except KeyboardInterrupt:
        logging.warning("Stopped; the same command goes on.")
    found = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    ]
    order = {method: i for i, method in enumerate(METHODS)}
    found.sort(key=lambda run: (order[run["method"]], run["seed"]))
    print(table(found) if found else f"{folder} holds no scores yet.")
    return 0


if __name__ == "__main__":
    command_line.run(main)
