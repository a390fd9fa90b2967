"""Errors of a batch that only its numbers show, said inside of a graph.

A graph can only fail with TensorFlow's own errors, which wrap a message in
many lines. `as_value_error` turns them into the sentence that was meant.
"""

import ast
import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

_BEGIN, _END = "Refused batch: ", " (end of the message)"


def require(condition: tf.Tensor, message: tf.Tensor) -> tf.Operation | None:
    """Fails unless a condition holds; not for graphs compiled by XLA.

    Args:
      condition: [] bool.
      message: [] string.

    Returns:
      The operation that fails; None in eager mode.

    Raises:
      tf.errors.InvalidArgumentError: when it runs and the condition is False.
      ValueError: the same in eager mode.
    """
    if tf.executing_eagerly():
        if not condition:
            raise ValueError(message.numpy().decode(errors="replace"))
        return None
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
        # TensorFlow escapes quotes, backslashes and control characters.
        text = re.sub(
            r"\\(?:[0-7]{3}|.)",
            lambda escaped: ast.literal_eval(f"'{escaped[0]}'"),
            found[1],
        )
        raise ValueError(text) from error
