"""Evaluates a running training: each checkpoint as it comes."""

import pathlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from absl import logging

from tcc.configs import serialization
from tcc.evaluation.checkpoints import (
    best_checkpoint,
    checkpoint_evaluation,
    pinned_checkpoints,
    untrained,
)
from tcc.evaluation.report import report, results
from tcc.evaluation.tasks import registry
from tcc.training import checkpoint_reading, log_folder

# A checkpoint must be seen before training has written keep_checkpoints more.
_WATCH_SECONDS = 2.0


def follow_checkpoints(
    logdir: str | pathlib.Path,
    *,
    done: set[int],
    poll_seconds: float = 10,
    timeout_seconds: float = 3600,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[int, pathlib.Path]]:
    """Yields new checkpoints until training has ended, and holds each.

    Training has ended when its log folder says so; a run that was killed is
    given up when no checkpoint has come for a time.

    Args:
      logdir: folder of the training run; need not exist yet.
      done: steps to leave out; those that were yielded are added.
      poll_seconds: between two looks.
      timeout_seconds: without a new checkpoint, after which waiting ends.
      sleep: waits for a number of seconds.

    Yields:
      Step and path prefix, in rising order among those there at a time. The
      files stay until the next one is asked for.
    """
    waited = 0.0
    while True:
        ended = log_folder.is_done(logdir)  # before looking: none is missed
        pinned_checkpoints.hold_new(logdir, done=done)
        new = sorted(pinned_checkpoints.held(logdir).items())
        for step, path in new:
            if step not in done:
                done.add(step)
                yield step, path
            pinned_checkpoints.release(logdir, step)
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
    settings: Mapping[str, object] | None = None,
    with_untrained: bool = True,
    best_metric: str = "kendalls_tau",
    poll_seconds: float = 10,
    timeout_seconds: float = 3600,
) -> Iterator[results.Evaluation]:
    """Evaluates checkpoints as training writes them, until it ends.

    Each checkpoint is held from its appearance to its turn (see
    `tcc.evaluation.checkpoints.pinned_checkpoints`). Steps that results.json has already
    are left out, so a restart goes on where it stopped. Pictures of the report
    go to TensorBoard, and the best checkpoint to <logdir>/best.

    Args:
      logdir: folder of the training run; need not exist yet.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      settings: fields of `schema.EvalConfig` in place of the configured ones.
      with_untrained: whether the untrained network stands beside; it is
        evaluated once.
      best_metric: the task whose mean score over the data sets tells the best
        checkpoint; "" keeps none.
      poll_seconds: between two looks for a new checkpoint.
      timeout_seconds: without a new checkpoint, after which it ends.

    Yields:
      The results of each checkpoint that can be read.

    Raises:
      ValueError: `best_metric` is not a task, or the settings do not fit.
      FileNotFoundError: the data sets are not prepared.
    """
    known = {*registry.TASKS, *registry.MODEL_TASKS}
    if best_metric and best_metric not in known:
        raise ValueError(
            f"best_metric must be one of {', '.join(sorted(known))}, or empty."
            f" Received: {best_metric!r}"
        )
    baseline: untrained.Untrained | bool = with_untrained
    entries = {entry["step"]: entry for entry in results.read_json(logdir)}
    for step, path in pinned_checkpoints.held(logdir).items():
        # Evaluated, and then interrupted before it was offered.
        if step in entries and best_metric:
            score = entries[step]["mean_scores"].get(best_metric)
            best_checkpoint.offer(
                logdir, path, step=step, metric=best_metric, score=score
            )
    done = set(entries)
    watch = pinned_checkpoints.holding(
        logdir, done=done, seconds=min(_WATCH_SECONDS, poll_seconds)
    )
    with watch:
        for step, path in follow_checkpoints(
            logdir,
            done=done,
            poll_seconds=poll_seconds,
            timeout_seconds=timeout_seconds,
        ):
            damage = checkpoint_reading.find_damage(path)
            if damage:
                logging.warning(
                    "%s cannot be read: %s. It is passed over.", path, damage
                )
                continue
            _require_metric(best_metric, logdir, settings or {})
            evaluation = checkpoint_evaluation.evaluate_checkpoint(
                logdir,
                str(path),
                datasets=datasets,
                data_dir=data_dir,
                settings=settings,
                untrained=baseline,
            )
            if with_untrained:  # the same for every checkpoint
                baseline = untrained.Untrained(
                    evaluation.baselines.get("untrained", []),
                    evaluation.untrained,
                )
            if best_metric:
                best_checkpoint.offer(
                    logdir,
                    path,
                    step=step,
                    metric=best_metric,
                    score=evaluation.mean_scores().get(best_metric),
                )
            # Without maps: t-SNE takes longer than most evaluations.
            pictures = report.draw(evaluation, with_maps=False)
            report.write_events(logdir, evaluation, pictures)
            yield evaluation


def _require_metric(
    metric: str, logdir: str | pathlib.Path, settings: Mapping[str, object]
) -> None:
    """Refuses a metric that is not evaluated, before the work."""
    evaluated = settings.get("tasks", serialization.load(logdir).eval.tasks)
    if metric and metric not in cast(Sequence[str], evaluated):
        raise ValueError(
            "best_metric must be one of the evaluated tasks, or empty."
            f" Received: {metric!r}, evaluated: {evaluated}"
        )
