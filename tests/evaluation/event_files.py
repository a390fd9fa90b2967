"""What TensorBoard's event files hold."""

import pathlib

import tensorflow as tf


def tags(folder: pathlib.Path) -> dict[str, list[int]]:
    """Returns tag -> steps in rising order."""
    found: dict[str, set[int]] = {}
    for path in sorted(folder.glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.setdefault(value.tag, set()).add(event.step)
    return {tag: sorted(steps) for tag, steps in found.items()}
