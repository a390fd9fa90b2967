"""The registry of evaluation tasks.

A task is a function of the embeddings of the training and the validation
split and of the evaluation's configuration; it never sees a model. A new task
is one file with such a function, and one line here.

The exceptions are tasks that evaluate the objective itself: functions of the
restored algorithm, its configuration and the name of a data set.
"""

from collections.abc import Callable

from tcc import algorithms
from tcc.configs import schema
from tcc.evaluation.embedding import embedding_checks
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.tasks import (
    algo_loss,
    alignment_error,
    classification,
    cycle_consistency,
    event_completion,
    few_shot_classification,
    frame_retrieval,
    kendalls_tau,
)
from tcc.evaluation.tasks.task_result import TaskResult

Task = Callable[[Embeddings, Embeddings, schema.EvalConfig], TaskResult]

TASKS: dict[str, Task] = {
    "classification": classification.evaluate,
    "few_shot_classification": few_shot_classification.evaluate,
    "event_completion": event_completion.evaluate,
    "kendalls_tau": kendalls_tau.evaluate,
    "cycle_consistency": cycle_consistency.evaluate,
    "frame_retrieval": frame_retrieval.evaluate,
    "alignment_error": alignment_error.evaluate,
}
# Of all other tasks a higher score is better.
LOWER_IS_BETTER = frozenset({"algo_loss", "alignment_error"})

ModelTask = Callable[
    [algorithms.Algorithm, schema.ExperimentConfig, str], TaskResult
]

MODEL_TASKS: dict[str, ModelTask] = {"algo_loss": algo_loss.evaluate}


def run_tasks(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> dict[str, TaskResult]:
    """Runs the configured tasks on one data set.

    Args:
      train: embeddings of the training videos.
      val: embeddings of the validation videos, with the same channels.
      config: names of the tasks, and their settings.

    Returns:
      Task name -> result, in the configured order, of the tasks that take
      embeddings. Where embeddings are not
      finite every task is skipped.

    Raises:
      ValueError: an unknown task, or splits with different channels.
    """
    for name in config.tasks:
        if name not in TASKS and name not in MODEL_TASKS:
            raise ValueError(
                f"eval.tasks must be among {sorted({**TASKS, **MODEL_TASKS})}."
                f" Received: {name!r}"
            )
    names = [name for name in config.tasks if name in TASKS]
    if train.num_channels != val.num_channels:
        raise ValueError(
            "train and val must have the same channels. Received:"
            f" {train.num_channels} and {val.num_channels}"
        )
    for part in (train, val):
        if embedding_checks.check(part).status == "not finite":
            reason = f"embeddings of {part.split!r} hold NaN or infinity"
            return {name: TaskResult(skipped=reason) for name in names}
    return {name: TASKS[name](train, val, config) for name in names}


def run_model_tasks(
    algorithm: algorithms.Algorithm,
    config: schema.ExperimentConfig,
    dataset: str,
) -> dict[str, TaskResult]:
    """Runs the configured tasks that evaluate the objective.

    Args:
      algorithm: as trained, with its heads.
      config: that it was built from.
      dataset: name of a prepared data set.

    Returns:
      Task name -> result.
    """
    return {
        name: MODEL_TASKS[name](algorithm, config, dataset)
        for name in config.eval.tasks
        if name in MODEL_TASKS
    }
