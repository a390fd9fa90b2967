"""Which checkpoint can be read: the newest, or the one before it.

A checkpoint holds checksums of its index and of each array, which are compared
here before anything is restored: a restore that fails half-way would leave a
network of two checkpoints.
"""

import pathlib
from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from tcc.training import checkpoint_files


def find_damage(path: pathlib.Path) -> str:
    """Reads a checkpoint to its end.

    Args:
      path: prefix of the checkpoint.

    Returns:
      What is wrong with its files, "" if nothing is.
    """
    try:
        with checkpoint_files.plain_prefix(path) as prefix:
            reader = tf.train.load_checkpoint(prefix)
            for name in reader.get_variable_to_shape_map():
                reader.get_tensor(name)
    except (tf.errors.OpError, IndexError, ValueError, RuntimeError) as error:
        # A file that is cut short comes as an IndexError.
        return str(error)
    return ""


def newest_readable(
    found: Sequence[tuple[int, pathlib.Path]],
) -> tuple[int, pathlib.Path]:
    """Returns the newest checkpoint that can be read.

    Warns of newer ones that cannot, by name.

    Args:
      found: (step, path prefix) in order of steps, at least one.

    Raises:
      ValueError: none of them can be read.
    """
    damaged: list[str] = []
    for step, path in reversed(found):
        damage = find_damage(path)
        if not damage:
            for what in damaged:
                logging.warning(
                    "Checkpoint %s. Falling back to %s.", what, path.name
                )
            return step, path
        damaged.append(f"{path} cannot be read: {damage}")
    reasons = "\n  ".join(damaged)
    raise ValueError(
        f"No checkpoint in {found[0][1].parent} can be read:\n  {reasons}\n"
        "Restore that folder from a copy, or train again in a new log folder."
    )
