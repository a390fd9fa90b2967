"""Evaluates the checkpoints of a log folder: embed once, run every task.

Reads what training wrote, and writes into the same folder

    results.json   one entry per evaluated step
    eval/          TensorBoard scalars
"""

import dataclasses
import pathlib
import time
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tcc.configs import schema
from tcc.evaluation import baselines, embed, results, results_table, tasks
from tcc.evaluation.embeddings import Embeddings
from tcc.training import checkpoints

_EVENTS = "eval"


def embed_checkpoint(
    logdir: str | pathlib.Path,
    checkpoint: str | None = None,
    *,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
    splits: Sequence[str] | None = None,
) -> tuple[schema.ExperimentConfig, int, Iterator[Embeddings]]:
    """Embeds the splits of the data sets with a checkpoint, each once.

    Args:
      logdir: folder of the training run.
      checkpoint: a step or a name; None is the newest.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      splits: names in place of the configured training and validation split.

    Returns:
      The configuration in effect, the step, and the embeddings: for each data
      set one item for each split, made as they are asked for.

    Raises:
      FileNotFoundError: no such folder or checkpoint.
      ValueError: the checkpoint does not fit its configuration.
    """
    encoder, config, step = checkpoints.restore_encoder(logdir, checkpoint)
    data = dataclasses.replace(
        config.data,
        datasets=tuple(datasets or config.data.datasets),
        data_dir=data_dir or config.data.data_dir,
    )
    config = dataclasses.replace(config, data=data)
    names = tuple(splits or (data.train_split, data.eval_split))

    def embed_all() -> Iterator[Embeddings]:
        for dataset in data.datasets:
            for split in names:
                yield embed.embed_split(
                    encoder, config, split, dataset=dataset, step=step
                )

    return config, step, embed_all()


def evaluate_checkpoint(
    logdir: str | pathlib.Path,
    checkpoint: str | None = None,
    *,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
) -> results.Evaluation:
    """Evaluates one checkpoint and writes its results into the log folder.

    Args:
      logdir: folder of the training run.
      checkpoint: a step or a name; None is the newest.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.

    Returns:
      The results.

    Raises:
      FileNotFoundError: no such folder, checkpoint or data set.
      ValueError: the checkpoint or the data do not fit.
    """
    start = time.monotonic()
    results.read_json(logdir)  # refuses a foreign file before the work
    config, step, parts = embed_checkpoint(
        logdir, checkpoint, datasets=datasets, data_dir=data_dir
    )
    found, trivial = [], []
    for train in parts:
        val = next(parts)
        found.append(results.evaluate_embeddings(train, val, config.eval))
        trivial.append(
            results.evaluate_embeddings(
                baselines.frame_index(train),
                baselines.frame_index(val),
                config.eval,
            )
        )
    if any(name in tasks.MODEL_TASKS for name in config.eval.tasks):
        found = _add_model_tasks(found, logdir, config, step)
    evaluation = results.Evaluation(
        step=step,
        checkpoint=f"ckpt-{step}",
        seconds=time.monotonic() - start,
        config=config,
        datasets=found,
        baselines=trivial,
    )
    results.write_json(logdir, evaluation)
    write_events(logdir, evaluation)
    return evaluation


def _add_model_tasks(
    found: list[results.DatasetResult],
    logdir: str | pathlib.Path,
    config: schema.ExperimentConfig,
    step: int,
) -> list[results.DatasetResult]:
    """Adds the results of tasks that need the objective with its heads."""
    algorithm, trained, _ = checkpoints.restore_algorithm(
        logdir, str(step), data_dir=config.data.data_dir
    )
    return [
        dataclasses.replace(
            result,
            tasks=result.tasks
            | tasks.run_model_tasks(algorithm, trained, result.dataset),
        )
        for result in found
    ]


def write_events(
    logdir: str | pathlib.Path, evaluation: results.Evaluation
) -> None:
    """Writes the scalars of an evaluation for TensorBoard."""
    writer = tf.summary.create_file_writer(str(pathlib.Path(logdir) / _EVENTS))
    with writer.as_default(step=evaluation.step):
        for tag, value in results.scalars(evaluation).items():
            tf.summary.scalar(tag, value)
    writer.close()


def describe(
    evaluation: results.Evaluation, untrained: results.Evaluation | None = None
) -> str:
    """Returns the results as text: protocol and table of each data set.

    Args:
      evaluation: of a checkpoint.
      untrained: of step 0, on the same data sets, to stand beside it.
    """
    config = evaluation.config
    parts = []
    for i, result in enumerate(evaluation.datasets):
        rows = {f"step {evaluation.step}": result}
        if untrained is not None:
            rows[f"step {untrained.step}"] = untrained.datasets[i]
        rows["frame index"] = evaluation.baselines[i]
        sizes = ", ".join(
            f"{split} {size['videos']} videos ({size['frames']} frames)"
            for split, size in result.sizes.items()
        )
        parts.append(
            f"{result.dataset}: {sizes}, a frame in every"
            f" {config.data.sample_all_stride} embedded\n"
            f"scores on {config.data.eval_split!r}; tau on a frame in every"
            f" {config.eval.kendalls_tau_stride} of these,"
            f" {config.eval.kendalls_tau_distance} distance\n\n"
            + results_table.table(rows)
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
