"""Errors of a batch that only its numbers show, said inside of a graph.

A graph can only fail with TensorFlow's own errors, which wrap a message in
many lines. `as_value_error` turns them into the sentence that was meant.
"""

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

_BEGIN, _END = "Refused batch: ", " (end of the message)"


def require(condition: tf.Tensor, message: tf.Tensor) -> tf.Operation | None:
    """Fails unless a condition holds; XLA leaves such operations out.

    Args:
      condition: [] bool.
      message: [] string.

    Raises:
      tf.errors.InvalidArgumentError: when it runs and the condition is False.
    """
    text = tf.strings.join([_BEGIN, message, _END])
    return tf.debugging.Assert(condition, [text])


@contextlib.contextmanager
def as_value_error() -> Iterator[None]:
    """Gives the failures of `require` as plain messages.

    Raises:
      ValueError: in place of TensorFlow's error.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = re.search(
            re.escape(_BEGIN) + "(.*?)" + re.escape(_END),
            error.message,
            re.DOTALL,
        )
        if found is None:
            raise
        raise ValueError(found[1]) from error
