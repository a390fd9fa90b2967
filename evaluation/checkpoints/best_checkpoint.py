"""Keeps the best checkpoint of a run, as a log folder of its own.

`<logdir>/best/` holds config.json, the one checkpoint, and best.json, which
says by which score it was chosen. Every command takes it as its --logdir.
"""

import pathlib

from tcc.configs import serialization
from tcc.evaluation.tasks import registry
from tcc.io import atomic_files, json_files, read_errors
from tcc.training import checkpoint_files, checkpoints

_FOLDER = "best"
_FILE = "best.json"


def folder_of(logdir: str | pathlib.Path) -> pathlib.Path:
    """Returns the folder of a run's best checkpoint."""
    return pathlib.Path(logdir) / _FOLDER


def read(logdir: str | pathlib.Path) -> dict[str, object] | None:
    """Returns "metric", "score" and "step" of the best one so far, or None.

    Raises:
      ValueError: best.json is not ours.
    """
    path = folder_of(logdir) / _FILE
    if not path.exists():
        return None
    fix = f"Remove {path.parent}; evaluation makes it anew."
    content = json_files.read(path, what="a note of the best step", fix=fix)
    try:
        return {
            "metric": str(content["metric"]),
            "score": float(content["score"]),
            "step": int(content["step"]),
        }
    except (*read_errors.JSON, OverflowError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not name a best checkpoint ({error!r}). {fix}"
        ) from error


def offer(
    logdir: str | pathlib.Path,
    path: pathlib.Path,
    *,
    step: int,
    metric: str,
    score: float | None,
) -> bool:
    """Makes a checkpoint the best one, if it is.

    Equal scores leave the earlier one.

    Args:
      logdir: folder of the training run.
      path: prefix of the checkpoint.
      step: of the checkpoint.
      metric: a task, whose mean score over the data sets decides. Where
        another one decided before, this checkpoint takes its place.
      score: None, as of collapsed embeddings, is never the best.

    Returns:
      Whether it is the best one now.

    Raises:
      FileNotFoundError: no such checkpoint.
      ValueError: best.json is not ours.
    """
    if score is None:
        return False
    best = read(logdir)
    if best is not None and best["metric"] == metric:
        before = float(str(best["score"]))
        lower = metric in registry.LOWER_IS_BETTER
        if not (score < before if lower else score > before):
            return False
    folder = folder_of(logdir)
    serialization.save(serialization.load(logdir), folder)
    inside = checkpoints.checkpoint_folder(folder)
    checkpoint_files.link(path, inside)
    content = {"metric": metric, "score": score, "step": step}
    atomic_files.write_json(folder / _FILE, content, indent=None)
    for other, old in checkpoint_files.list_folder(inside).items():
        if other != step:
            checkpoint_files.remove(old)
    return True
