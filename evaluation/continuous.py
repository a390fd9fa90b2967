"""Evaluates a running training: each checkpoint as it comes."""

import pathlib
import time
from collections.abc import Callable, Iterator, Sequence

from absl import logging

from tcc.evaluation import checkpoint_evaluation, results
from tcc.training import checkpoints, log_folder


def follow_checkpoints(
    logdir: str | pathlib.Path,
    *,
    evaluated: set[int],
    poll_seconds: float = 10,
    timeout_seconds: float = 3600,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Yields the steps of new checkpoints until training has ended.

    Training has ended when its log folder says so; a run that was killed is
    given up when no checkpoint has come for a time.

    Args:
      logdir: folder of the training run; need not exist yet.
      evaluated: steps to leave out.
      poll_seconds: between two looks.
      timeout_seconds: without a new checkpoint, after which waiting ends.
      sleep: waits for a number of seconds.

    Yields:
      Steps, in rising order among those there at a time.
    """
    done = set(evaluated)
    waited = 0.0
    while True:
        ended = log_folder.is_done(logdir)  # before looking: none is missed
        new = [s for s, _ in checkpoints.list_checkpoints(logdir)]
        new = [s for s in new if s not in done]
        for step in new:
            done.add(step)
            yield step
        if new:
            waited = 0.0
            continue
        if ended:
            return
        if waited >= timeout_seconds:
            logging.warning(
                "No new checkpoint in %s for %d s: no longer waiting.",
                logdir,
                waited,
            )
            return
        sleep(poll_seconds)
        waited += poll_seconds


def evaluate_continuously(
    logdir: str | pathlib.Path,
    *,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
    poll_seconds: float = 10,
    timeout_seconds: float = 3600,
) -> Iterator[results.Evaluation]:
    """Evaluates checkpoints as training writes them, until it ends.

    Steps that results.json has already are left out, so a restart goes on
    where it stopped.

    Args:
      logdir: folder of the training run; need not exist yet.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      poll_seconds: between two looks for a new checkpoint.
      timeout_seconds: without a new checkpoint, after which it ends.

    Yields:
      The results of each checkpoint.
    """
    evaluated = {entry["step"] for entry in results.read_json(logdir)}
    for step in follow_checkpoints(
        logdir,
        evaluated=evaluated,
        poll_seconds=poll_seconds,
        timeout_seconds=timeout_seconds,
    ):
        try:
            yield checkpoint_evaluation.evaluate_checkpoint(
                logdir, str(step), datasets=datasets, data_dir=data_dir
            )
        except (FileNotFoundError, ValueError):
            # Training keeps its newest checkpoints only: one that went away
            # while it was read is no fault.
            if step in dict(checkpoints.list_checkpoints(logdir)):
                raise
            logging.warning("Checkpoint %d was removed before its turn.", step)
