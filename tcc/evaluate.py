r"""Evaluates checkpoints of a training run.

    python -m tcc.evaluate --logdir=/tmp/run
    python -m tcc.evaluate --logdir=/tmp/run --checkpoint=1000
    python -m tcc.evaluate --logdir=/tmp/run --report
    python -m tcc.evaluate --logdir=/tmp/run --eval=classifier=knn
    python -m tcc.evaluate --logdir=/tmp/run --continuous

Each split of each data set is embedded once, then the tasks of the run's
configuration run on the embeddings. Prints a table, writes results.json and
TensorBoard scalars (eval/) into the log folder. --report adds every task but
algo_loss and a page of pictures, report/step-<N>/report.html. --continuous
follows a training, writes pictures to TensorBoard and keeps the best checkpoint
in best/, itself a log folder. docs/evaluation.md explains tasks and scores.
"""

import ast
import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from tcc import command_line
from tcc.command_line import checkpoint_flags
from tcc.configs import schema

flags.adopt_module_key_flags(checkpoint_flags)

_CONTINUOUS = flags.DEFINE_bool(
    "continuous", False, "Follow new checkpoints until training ends."
)
_TIMEOUT = flags.DEFINE_float(
    "timeout",
    3600,
    "With --continuous: seconds without a new checkpoint to give up after.",
    lower_bound=0,
)
_POLL = flags.DEFINE_float(
    "poll",
    10,
    "With --continuous: seconds between two looks for a new checkpoint.",
    lower_bound=0.1,
)
_BEST_METRIC = flags.DEFINE_string(
    "best_metric",
    "kendalls_tau",
    "With --continuous: the task whose score tells the best checkpoint; empty "
    "keeps none.",
)
_REPORT = flags.DEFINE_bool(
    "report", False, "Write an HTML page with tables and pictures."
)
_TASKS = flags.DEFINE_list(
    "tasks",
    None,
    "Tasks to run; default: the run's, with --report all but algo_loss.",
)
_EVAL = flags.DEFINE_multi_string(
    "eval",
    [],
    "A setting of the evaluation (configs/schema.py, EvalConfig) in place of "
    "the run's, as label_choice=seeded. Can be given several times.",
)
_UNTRAINED = flags.DEFINE_bool(
    "untrained", True, "Also evaluate the untrained network, as a baseline."
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    logdir = checkpoint_flags.LOGDIR.value
    command_line.require(logdir=logdir)
    if _CONTINUOUS.value and checkpoint_flags.CHECKPOINT.value is not None:
        raise ValueError(
            "--checkpoint and --continuous exclude each other. Received:"
            f" --checkpoint={checkpoint_flags.CHECKPOINT.value} --continuous"
        )
    from tcc.evaluation.checkpoints import checkpoint_evaluation, continuous
    from tcc.evaluation.report import report, results
    from tcc.evaluation.tasks import registry

    settings = parse_settings(_EVAL.value)
    if _TASKS.value:
        settings["tasks"] = tuple(_TASKS.value)
    elif _REPORT.value:
        settings.setdefault("tasks", tuple(registry.TASKS))
    if _CONTINUOUS.value:
        evaluations = continuous.evaluate_continuously(
            logdir,
            datasets=checkpoint_flags.DATASETS.value,
            data_dir=checkpoint_flags.DATA_DIR.value,
            settings=settings,
            with_untrained=_UNTRAINED.value,
            best_metric=_BEST_METRIC.value,
            poll_seconds=_POLL.value,
            timeout_seconds=_TIMEOUT.value,
        )
    else:
        evaluations = iter(
            [
                checkpoint_evaluation.evaluate_checkpoint(
                    logdir,
                    checkpoint_flags.CHECKPOINT.value,
                    datasets=checkpoint_flags.DATASETS.value,
                    data_dir=checkpoint_flags.DATA_DIR.value,
                    settings=settings,
                    untrained=_UNTRAINED.value,
                )
            ]
        )
    for evaluation in evaluations:
        print(checkpoint_evaluation.describe(evaluation), flush=True)
        print(f"Written to {logdir}/{results.RESULTS_FILE}", flush=True)
        if _REPORT.value:
            path = report.write(
                evaluation, report.folder_of(logdir, evaluation)
            )
            print(f"Report: {path}", flush=True)
    return 0


def parse_settings(arguments: Sequence[str]) -> dict[str, Any]:
    """Reads settings of the evaluation as they stand on the command line.

    Args:
      arguments: each "field=value", the value as in Python; quotes around
        words may be left out.

    Returns:
      Field of `schema.EvalConfig` -> value.

    Raises:
      ValueError: an argument of another form, or no such field.
    """
    known = [field.name for field in dataclasses.fields(schema.EvalConfig)]
    found: dict[str, Any] = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals or name not in known:
            raise ValueError(
                "--eval must be field=value, the field one of"
                f" {', '.join(known)}. Received: {argument!r}"
            )
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text
        found[name] = tuple(value) if isinstance(value, list) else value
    return found


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
