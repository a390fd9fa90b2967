"""The registry of evaluation tasks.

A task is a function of the embeddings of the training and the validation
split and of the evaluation's configuration; it never sees a model. A new task
is one file with such a function, and one line here.
"""

from collections.abc import Callable

from tcc.configs import schema
from tcc.evaluation import classification, health, kendalls_tau
from tcc.evaluation.embeddings import Embeddings
from tcc.evaluation.task_result import TaskResult

Task = Callable[[Embeddings, Embeddings, schema.EvalConfig], TaskResult]

TASKS: dict[str, Task] = {
    "classification": classification.evaluate,
    "kendalls_tau": kendalls_tau.evaluate,
}


def run_tasks(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> dict[str, TaskResult]:
    """Runs the configured tasks on one data set.

    Args:
      train: embeddings of the training videos.
      val: embeddings of the validation videos, with the same channels.
      config: names of the tasks, and their settings.

    Returns:
      Task name -> result, in the configured order. Where embeddings are not
      finite every task is skipped.

    Raises:
      ValueError: an unknown task, or splits with different channels.
    """
    for name in config.tasks:
        if name not in TASKS:
            raise ValueError(
                f"eval.tasks must be among {sorted(TASKS)}. Received: {name!r}"
            )
    if train.num_channels != val.num_channels:
        raise ValueError(
            "train and val must have the same channels. Received:"
            f" {train.num_channels} and {val.num_channels}"
        )
    for part in (train, val):
        if health.check(part).status == "not finite":
            reason = f"embeddings of {part.split!r} hold NaN or infinity"
            return {name: TaskResult(skipped=reason) for name in config.tasks}
    return {name: TASKS[name](train, val, config) for name in config.tasks}
