"""Evaluates the checkpoints of a log folder: embed once, run every task.

Reads what training wrote, and writes into the same folder

    results.json   one entry per evaluated step
    eval/          TensorBoard scalars
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tcc import algorithms
from tcc.configs import data_choice, schema, serialization, validation
from tcc.evaluation.checkpoints import untrained as untrained_lib
from tcc.evaluation.embedding import baselines, embed
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.report import results, results_table
from tcc.evaluation.tasks import registry
from tcc.io import write_errors
from tcc.training import checkpoints

EVENTS = "eval"
_SPARE_BYTES = 4096


def embed_checkpoint(
    logdir: str | pathlib.Path,
    checkpoint: str | None = None,
    *,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
    splits: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[schema.ExperimentConfig, int, Iterator[Embeddings]]:
    """Embeds the splits of the data sets with a checkpoint, each once.

    Args:
      logdir: folder of the training run.
      checkpoint: a step, a name or a path; None is the newest.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      splits: names in place of the configured training and validation split.
      settings: fields of `schema.EvalConfig` in place of the configured ones.

    Returns:
      The configuration in effect, the step, and the embeddings: for each data
      set one item for each split, made as they are asked for.

    Raises:
      FileNotFoundError: no such folder or checkpoint.
      ValueError: the checkpoint does not fit its configuration.
    """
    config = _config_in_effect(logdir, datasets, data_dir, settings)
    encoder, _, step = checkpoints.restore_encoder(
        logdir, checkpoint, precision=config.eval.precision
    )
    return config, step, _embed_all(encoder, config, step, splits)


def _config_in_effect(
    logdir: str | pathlib.Path,
    datasets: Sequence[str] | None,
    data_dir: str | None,
    settings: Mapping[str, object] | None,
) -> schema.ExperimentConfig:
    """Returns the configuration of a run with what replaces parts of it."""
    config = serialization.load(logdir)
    config = data_choice.choose(config, datasets or config.data.datasets)
    config = dataclasses.replace(
        config,
        data=dataclasses.replace(
            config.data, data_dir=data_dir or config.data.data_dir
        ),
        eval=dataclasses.replace(config.eval, **dict(settings or {})),
    )
    validation.validate(config)
    return config


def _embed_all(
    encoder: keras.Model,
    config: schema.ExperimentConfig,
    step: int,
    splits: Sequence[str] | None = None,
) -> Iterator[Embeddings]:
    """Embeds every split of every data set, as it is asked for."""
    for dataset in config.data.datasets:
        for split in splits or (
            config.data.train_split,
            config.data.eval_split,
        ):
            yield embed.embed_split(
                encoder, config, split, dataset=dataset, step=step
            )


def evaluate_checkpoint(
    logdir: str | pathlib.Path,
    checkpoint: str | None = None,
    *,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
    settings: Mapping[str, object] | None = None,
    untrained: untrained_lib.Untrained | bool = True,
) -> results.Evaluation:
    """Evaluates one checkpoint and writes its results into the log folder.

    Args:
      logdir: folder of the training run.
      checkpoint: a step, a name or a path; None is the newest.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      settings: fields of `schema.EvalConfig` in place of the configured ones.
      untrained: whether the untrained network is evaluated as a baseline; or
        its results, where they are known.

    Returns:
      The results.

    Raises:
      FileNotFoundError: no such folder, checkpoint or data set.
      ValueError: the checkpoint, the data or the settings do not fit.
    """
    start = time.monotonic()
    results.read_json(logdir)  # refuses a foreign file before the work
    config = _config_in_effect(logdir, datasets, data_dir, settings)
    network = _restore(logdir, checkpoint, config)
    step = network.step
    parts = _embed_all(network.encoder, config, step)
    found, trivial, pairs = [], [], []
    for train in parts:
        val = next(parts)
        pairs.append((train, val))
        found.append(results.evaluate_embeddings(train, val, config.eval))
        trivial.append(
            results.evaluate_embeddings(
                baselines.frame_index(train),
                baselines.frame_index(val),
                config.eval,
            )
        )
    if network.algorithm is not None:
        found = _add_model_tasks(found, network.algorithm, network.trained)
    if untrained is True:
        untrained = untrained_lib.evaluate(logdir, config)
    beside = {"frame index": trivial}
    if untrained and untrained.results:
        beside = {"untrained": untrained.results, **beside}
    evaluation = results.Evaluation(
        step=step,
        checkpoint=f"ckpt-{step}",
        seconds=time.monotonic() - start,
        config=config,
        datasets=found,
        baselines=beside,
        untrained=untrained.source if untrained else "",
        embeddings=pairs,
    )
    results.write_json(logdir, evaluation)
    write_events(logdir, evaluation)
    return evaluation


class _Network(NamedTuple):
    """One checkpoint, from which all numbers of a report come.

    Attributes:
      encoder: computes in the precision of the evaluation.
      step: of the checkpoint.
      algorithm: with the same weights; None where no task needs it.
      trained: the configuration that the algorithm was built from, with the
        settings of the evaluation in effect.
    """

    encoder: keras.Model
    step: int
    algorithm: algorithms.Algorithm | None
    trained: schema.ExperimentConfig


def _restore(
    logdir: str | pathlib.Path,
    checkpoint: str | None,
    config: schema.ExperimentConfig,
) -> _Network:
    """Restores a checkpoint once: training may write others meanwhile."""
    precision = config.eval.precision
    if not any(name in registry.MODEL_TASKS for name in config.eval.tasks):
        encoder, trained, step = checkpoints.restore_encoder(
            logdir, checkpoint, precision=precision
        )
        return _Network(encoder, step, None, trained)
    algorithm, trained, step = checkpoints.restore_algorithm(
        logdir, checkpoint, data_dir=config.data.data_dir
    )
    encoder = checkpoints.encoder_of(algorithm, trained, precision)
    trained = dataclasses.replace(trained, eval=config.eval)
    return _Network(encoder, step, algorithm, trained)


def _add_model_tasks(
    found: list[results.DatasetResult],
    algorithm: algorithms.Algorithm,
    trained: schema.ExperimentConfig,
) -> list[results.DatasetResult]:
    """Adds the results of tasks that need the objective with its heads."""
    return [
        dataclasses.replace(
            result,
            tasks=result.tasks
            | registry.run_model_tasks(algorithm, trained, result.dataset),
        )
        for result in found
    ]


def write_events(
    logdir: str | pathlib.Path, evaluation: results.Evaluation
) -> None:
    """Writes the scalars of an evaluation for TensorBoard."""
    folder = pathlib.Path(logdir) / EVENTS
    writer = tf.summary.create_file_writer(str(folder))
    with contextlib.closing(writer), writer.as_default(step=evaluation.step):
        for tag, value in results.scalars(evaluation).items():
            tf.summary.scalar(tag, value)
    write_errors.require_space(folder, _SPARE_BYTES)  # the writer is silent


def describe(evaluation: results.Evaluation) -> str:
    """Returns the results as text: protocol and table of each data set."""
    config = evaluation.config
    parts = []
    for i in range(len(evaluation.datasets)):
        parts.append(
            describe_data(evaluation, i)
            + "\n\n"
            + results_table.table(evaluation.rows(i))
            + "\n\n"
            + describe_method(evaluation)
        )
    if len(evaluation.datasets) > 1:
        means = evaluation.mean_scores()
        parts.append(
            "mean over data sets: "
            + ", ".join(
                f"{task} {means[task]:.4f}"
                if task in means
                else f"{task} not given, as a data set has no valid score"
                for task in config.eval.tasks
            )
        )
    return "\n\n".join(parts)


def describe_data(evaluation: results.Evaluation, i: int) -> str:
    """Returns what was evaluated on data set i: splits and their sizes."""
    config, result = evaluation.config, evaluation.datasets[i]
    sizes = ", ".join(
        f"{split} {size['videos']} videos ({size['frames']} frames)"
        for split, size in result.sizes.items()
    )
    every = config.data.sample_all_stride
    return (
        f"{result.dataset}: {sizes},"
        f" {'every frame' if every == 1 else f'a frame in {every}'} embedded;"
        f" scores on {config.data.eval_split!r}"
    )


def describe_method(evaluation: results.Evaluation) -> str:
    """Returns what the intervals are, and which network is "untrained"."""
    text = (
        "[ ]: 95 % bootstrap interval over the videos"
        f" ({evaluation.config.eval.bootstrap_draws} draws), for this one"
        " training."
    )
    if evaluation.untrained:
        text += f"\nuntrained: {evaluation.untrained}."
    return text
