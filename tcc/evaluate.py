r"""Evaluates checkpoints of a training run.

    python -m tcc.evaluate --logdir=/tmp/run
    python -m tcc.evaluate --logdir=/tmp/run --checkpoint=1000
    python -m tcc.evaluate --logdir=/tmp/run --continuous

Each split of each data set is embedded once, then the tasks of the run's
configuration run on the embeddings. Prints a table, writes results.json and
TensorBoard scalars (eval/) into the log folder.
"""

from collections.abc import Sequence

from absl import flags

from tcc import checkpoint_flags, command_line

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
    from tcc.evaluation import checkpoint_evaluation, continuous, results

    if _CONTINUOUS.value:
        evaluations = continuous.evaluate_continuously(
            logdir,
            datasets=checkpoint_flags.DATASETS.value,
            data_dir=checkpoint_flags.DATA_DIR.value,
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
                )
            ]
        )
    for evaluation in evaluations:
        print(checkpoint_evaluation.describe(evaluation), flush=True)
        print(f"Written to {logdir}/{results.RESULTS_FILE}", flush=True)
    return 0


def console() -> None:
    """Runs the command from its console script."""
    command_line.run(main)


if __name__ == "__main__":
    console()
