"""Checkpoints that continuous evaluation holds until their turn.

Training keeps its newest checkpoints only, and an evaluation can take longer
than the time between two. So while evaluation follows a run, every checkpoint
is linked into `<logdir>/eval_held/` within seconds of its appearance, whatever
evaluation is busy with, and stays there until it is evaluated, also through a
restart. What training wrote and removed while nobody followed it is gone,
except for the checkpoints at multiples of `train.keep_interval`.
"""

import contextlib
import pathlib
import threading
from collections.abc import Iterator

from absl import logging

from tcc.training import checkpoint_files, checkpoints

_FOLDER = "eval_held"


def held(logdir: str | pathlib.Path) -> dict[int, pathlib.Path]:
    """Returns step -> path prefix of the checkpoints that are held."""
    return checkpoint_files.list_folder(pathlib.Path(logdir) / _FOLDER)


def hold_new(logdir: str | pathlib.Path, *, done: set[int]) -> None:
    """Holds every checkpoint that is there now, but for those done with.

    Args:
      logdir: folder of the training run; need not exist yet.
      done: steps to leave out.
    """
    there = held(logdir)
    for step, path in checkpoints.list_checkpoints(logdir):
        if step not in done and step not in there:
            # Removed between the two looks: training prunes.
            with contextlib.suppress(FileNotFoundError):
                checkpoint_files.link(path, pathlib.Path(logdir) / _FOLDER)


def release(logdir: str | pathlib.Path, step: int) -> None:
    """Lets go of a checkpoint; training's own files stay as they are."""
    folder = pathlib.Path(logdir) / _FOLDER
    checkpoint_files.remove(folder / f"ckpt-{step}")
    with contextlib.suppress(OSError):  # not empty, or not there
        folder.rmdir()


@contextlib.contextmanager
def holding(
    logdir: str | pathlib.Path, *, done: set[int], seconds: float
) -> Iterator[None]:
    """Holds new checkpoints in the background.

    Args:
      logdir: folder of the training run; need not exist yet.
      done: steps to leave out; the caller may add to it.
      seconds: between two looks.
    """
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(seconds):
            try:
                hold_new(logdir, done=set(done))
            except OSError as error:  # a full disk, say: try again
                logging.warning("Cannot hold checkpoints: %s", error)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
