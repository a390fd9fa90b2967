"""Results of an evaluation: as objects, in results.json, as scalars."""

import dataclasses
import json
import os
import pathlib
from typing import Any

import numpy as np

from tcc.configs import schema, serialization
from tcc.evaluation.embedding import embedding_checks as health
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.tasks import registry as tasks
from tcc.evaluation.tasks.task_result import TaskResult, json_number, tag_name
from tcc.io import atomic_files, json_files, read_errors

RESULTS_FILE = "results.json"
_FORMAT = 1  # of results.json
_FIX = "Move it away; evaluation writes a new one."


@dataclasses.dataclass(frozen=True)
class DatasetResult:
    """Scores of one set of embeddings on one data set.

    Attributes:
      dataset: name of the data set.
      health: state of the embeddings, by split.
      sizes: videos and frames, by split: {"val": {"videos": 14, ...}, ...}.
      tasks: task name -> result.
    """

    dataset: str
    health: dict[str, health.Health]
    sizes: dict[str, dict[str, int]]
    tasks: dict[str, TaskResult]

    @property
    def warnings(self) -> list[str]:
        """What must be said before any score, by split; empty when all well."""
        found: dict[str, list[str]] = {}
        for split, state in self.health.items():
            if state.describe():
                found.setdefault(state.describe(), []).append(split)
        return [f"{', '.join(s)}: {text}" for text, s in found.items()]

    @property
    def is_fit(self) -> bool:
        """Whether the scores mean anything: not collapsed, all finite."""
        return not any(
            state.status in ("collapsed", "not finite")
            for state in self.health.values()
        )

    def to_json(self) -> dict[str, Any]:
        """Returns what results.json says of the data set."""
        states = {
            split: {
                **dataclasses.asdict(state),
                "spread": json_number(state.spread),
            }
            for split, state in self.health.items()
        }
        return {
            "splits": self.sizes,
            "embeddings": states,
            "warnings": self.warnings,
            "tasks": {k: task.to_json() for k, task in self.tasks.items()},
        }


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Results of one checkpoint on all data sets, with its baselines.

    Attributes:
      step: training step of the checkpoint; 0 is an untrained network.
      checkpoint: its name.
      seconds: that the evaluation took, embedding included.
      config: the configuration it ran with.
      datasets: results by data set.
      baselines: what stands beside, as "frame index" -> results on the same
        frames, by data set.
      untrained: in words, which network the baseline "untrained" is.
      embeddings: what the results are of: training and validation split of
        each data set; for reports, not written to results.json.
    """

    step: int
    checkpoint: str
    seconds: float
    config: schema.ExperimentConfig
    datasets: list[DatasetResult]
    baselines: dict[str, list[DatasetResult]] = dataclasses.field(
        default_factory=dict
    )
    untrained: str = ""
    embeddings: list[tuple[Embeddings, Embeddings]] = dataclasses.field(
        default_factory=list
    )

    def rows(self, i: int) -> dict[str, DatasetResult]:
        """Returns the results on data set i, with the baselines behind."""
        return {
            f"step {self.step}": self.datasets[i],
            **{name: found[i] for name, found in self.baselines.items()},
        }

    def mean_scores(self) -> dict[str, float]:
        """Returns each task's mean score over the data sets.

        A task is left out where a data set has no score, or embeddings that
        are collapsed or not finite: such results are shown, not averaged away.
        """
        scores = {}
        for task in self.config.eval.tasks:
            values = [
                result.tasks[task].score if result.is_fit else None
                for result in self.datasets
            ]
            numbers = [v for v in values if v is not None and np.isfinite(v)]
            if len(numbers) == len(values):
                scores[task] = float(np.mean(numbers))
        return scores

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of results.json."""
        return {
            "step": self.step,
            "checkpoint": self.checkpoint,
            "untrained": self.step == 0,
            "seconds": round(self.seconds, 3),
            "protocol": {
                "train_split": self.config.data.train_split,
                "eval_split": self.config.data.eval_split,
                "sample_all_stride": self.config.data.sample_all_stride,
                **dataclasses.asdict(self.config.eval),
            },
            "datasets": {r.dataset: r.to_json() for r in self.datasets},
            "baselines": {
                name: {r.dataset: r.to_json() for r in found}
                for name, found in self.baselines.items()
            },
            "untrained_baseline": self.untrained,
            "mean_scores": self.mean_scores(),
            "config": serialization.to_dict(self.config),
        }


def evaluate_embeddings(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> DatasetResult:
    """Runs the configured tasks, and looks at the state of the embeddings.

    Args:
      train: embeddings of the training videos.
      val: embeddings of the validation videos.
      config: tasks and their settings.
    """
    parts = {part.split: part for part in (train, val)}
    return DatasetResult(
        dataset=val.dataset,
        health={split: health.check(part) for split, part in parts.items()},
        sizes={
            split: {
                "videos": part.num_videos,
                "frames": part.num_frames,
                "channels": part.num_channels,
            }
            for split, part in parts.items()
        },
        tasks=tasks.run_tasks(train, val, config),
    )


def scalars(evaluation: Evaluation) -> dict[str, float]:
    """Returns TensorBoard tag -> value, without what is not a number."""
    values: dict[str, float] = {}
    for result in evaluation.datasets:
        name = tag_name(result.dataset)
        for split, state in result.health.items():
            values[f"embeddings/{name}_{split}_spread"] = state.spread
            values[f"embeddings/{name}_{split}_constant_videos"] = float(
                state.constant_videos
            )
        for task_name, task in result.tasks.items():
            values |= task.scalars
            if task.score is not None and result.is_fit:
                values[f"metrics/{name}_{task_name}"] = task.score
    for task_name, score in evaluation.mean_scores().items():
        values[f"metrics/all_{task_name}"] = score
    return {tag: value for tag, value in values.items() if np.isfinite(value)}


def read_json(logdir: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Returns the entries of a log folder's results.json, [] without one.

    Raises:
      ValueError: the file is not one of ours.
    """
    path = pathlib.Path(logdir) / RESULTS_FILE
    if not path.exists():
        return []
    content = json_files.read(path, what="a results file", fix=_FIX)
    try:
        entries = list(content["evaluations"])
        if content["format"] != _FORMAT or not all(
            type(entry["step"]) is int for entry in entries
        ):
            raise ValueError(f"its format is not {_FORMAT}")
        json.dumps(entries, allow_nan=False)  # they are to be written again
    except (*read_errors.JSON, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a results file of this version ({error!r}). {_FIX}"
        ) from error
    return entries


def write_json(
    logdir: str | os.PathLike[str], evaluation: Evaluation
) -> pathlib.Path:
    """Puts an evaluation into results.json, in the place of its step.

    Args:
      logdir: folder of the training run.
      evaluation: the results of a checkpoint.

    Returns:
      The path of the file, which appears whole or not at all.

    Raises:
      ValueError: there is a file of that name that is not ours.
    """
    entries = {entry["step"]: entry for entry in read_json(logdir)}
    entries[evaluation.step] = evaluation.to_json()
    content = {
        "format": _FORMAT,
        "evaluations": [entries[step] for step in sorted(entries)],
    }
    path = pathlib.Path(logdir) / RESULTS_FILE
    atomic_files.write_json(path, content)
    return path
