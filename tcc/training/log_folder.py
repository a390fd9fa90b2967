"""The log folder of a run: who may write it, and what it says of the run.

config.json              the resolved configuration
checkpoints/ckpt-<step>  see `tcc.training.checkpoints`
train/, eval/            TensorBoard events
eval_held/               checkpoints that wait for continuous evaluation
best/                    a log folder of the best one; see `tcc.evaluation`
training_done            written when max_steps is reached
lock                     held by the process that trains
"""

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator

from tcc.configs import schema, serialization
from tcc.io import atomic_files, write_errors

_DONE = "training_done"
_LOCK = "lock"
# What a run may change when it is resumed: nothing of it alters the steps
# that were already made.
_MAY_CHANGE = (
    "train.max_steps",
    "train.report_interval",
    "train.image_interval",
    "train.checkpoint_interval",
    "train.keep_checkpoints",
    "train.keep_interval",
    "data.data_dir",
    "feature_cache.folder",
    "eval.",
)


def claim(logdir: str | pathlib.Path, config: schema.ExperimentConfig) -> None:
    """Starts a run in an empty folder, or resumes the same run.

    Raises:
      FileExistsError: the folder holds something else, or another run.
    """
    folder = pathlib.Path(logdir)
    is_run = (folder / serialization.CONFIG_FILE).is_file()
    others = [] if not folder.is_dir() else sorted(folder.iterdir())
    # What a process can leave that was killed before it began.
    left = [p for p in others if p.name.startswith(atomic_files.UNFINISHED)]
    others = [p for p in others if p not in left and p.name != _LOCK]
    if others and not is_run:
        raise FileExistsError(
            f"{folder} is not empty and is not the log folder of a run (it "
            f"holds {others[0].name}). Pass a new folder as --logdir."
        )
    if is_run:
        _refuse_another_run(folder, config)
    for path in left:
        path.unlink(missing_ok=True)
    with write_errors.as_os_error(folder):
        serialization.save(config, folder)
    (folder / _DONE).unlink(missing_ok=True)


def _refuse_another_run(
    folder: pathlib.Path, config: schema.ExperimentConfig
) -> None:
    changed = {
        path: values
        for path, values in serialization.differences(
            serialization.load(folder), config
        ).items()
        if not path.startswith(_MAY_CHANGE)
    }
    if changed:
        lines = [
            f"config.{path}: {old!r} there, {new!r} now"
            for path, (old, new) in changed.items()
        ]
        raise FileExistsError(
            f"{folder} holds a run with another configuration:\n  "
            + "\n  ".join(lines)
            + "\nPass a new folder as --logdir, or the same configuration to "
            "resume that run."
        )


@contextlib.contextmanager
def lock(logdir: str | pathlib.Path) -> Iterator[None]:
    """Holds a log folder for one process; the system frees it at any end.

    Raises:
      FileExistsError: another process trains there.
    """
    folder = pathlib.Path(logdir)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileExistsError(
                f"Another process trains in {folder}. Wait for it, stop it, "
                "or pass another folder as --logdir."
            ) from None
        yield


def mark_done(logdir: str | pathlib.Path, step: int) -> None:
    """Notes that training has reached its end, for those who follow it."""
    atomic_files.write_json(
        pathlib.Path(logdir) / _DONE, {"step": step}, indent=None
    )


def is_done(logdir: str | pathlib.Path) -> bool:
    """Returns whether training has reached its end."""
    return (pathlib.Path(logdir) / _DONE).is_file()
