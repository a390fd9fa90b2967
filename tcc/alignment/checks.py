"""Refusals of impossible arguments, before any tensor is computed.

A shape or number that is known only when the graph runs is not checked.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """Raises ValueError unless `value` is among `allowed`."""
    if value not in allowed:
        choices = ", ".join(repr(choice) for choice in allowed)
        raise ValueError(
            f"{name} must be one of {choices}. Received: {value!r}"
        )


def rank(name: str, tensor: tf.Tensor, layout: Sequence[str]) -> None:
    """Raises ValueError unless `tensor` has as many dimensions as layout."""
    if tensor.shape.rank != len(layout):
        raise ValueError(
            f"{name} must have rank {len(layout)}: [{', '.join(layout)}]. "
            f"Received: shape {tensor.shape}"
        )


def shape(name: str, tensor: tf.Tensor, expected: tf.TensorShape) -> None:
    """Raises ValueError when the static shape contradicts `expected`."""
    if not tensor.shape.is_compatible_with(expected):
        raise ValueError(
            f"{name} must have shape {expected}. Received: shape {tensor.shape}"
        )


def fits(name: str, tensor: tf.Tensor, expected: tf.TensorShape) -> None:
    """Raises ValueError unless `tensor` broadcasts to `expected`, rank kept.

    Only dimensions of size 1 are stretched; a missing dimension is an error,
    because it is more often a mistake than a wish.
    """
    actual = tensor.shape
    if actual.rank is None or expected.rank is None:
        return
    if actual.rank == expected.rank and all(
        have in (1, None) or want is None or have == want
        for have, want in zip(actual, expected, strict=True)
    ):
        return
    raise ValueError(
        f"{name} must have shape {expected} (or 1 in some dimensions). "
        f"Received: shape {actual}"
    )


def batch(
    embs: tf.Tensor,
    steps: tf.Tensor,
    seq_lens: tf.Tensor,
    num_steps: int | tf.Tensor,
    batch_size: int | tf.Tensor,
) -> None:
    """Raises ValueError unless the tensors of a batch agree in N and T."""
    rank("embs", embs, ["N", "T", "D"])
    equal("batch_size", batch_size, embs.shape[0], "embs [N, T, D]")
    equal("num_steps", num_steps, embs.shape[1], "embs [N, T, D]")
    shape("steps", steps, embs.shape[:2])
    shape("seq_lens", seq_lens, embs.shape[:1])
    all_positive("seq_lens", seq_lens)


def equal(name: str, value: Any, expected: int | None, source: str) -> None:
    """Raises ValueError when a size differs from the one that `source` has."""
    number = tf.get_static_value(value)
    if expected is not None and number is not None and number != expected:
        raise ValueError(
            f"{name} must be {expected}, as in {source}. Received: {number}"
        )


def at_least(name: str, value: Any, minimum: int) -> None:
    """Raises ValueError when a known size is below `minimum`."""
    number = tf.get_static_value(value)
    if number is not None and number < minimum:
        raise ValueError(
            f"{name} must be at least {minimum}. Received: {number}"
        )


def positive(name: str, value: Any) -> None:
    """Raises ValueError unless a known number is greater than 0."""
    number = tf.get_static_value(value)
    if number is not None and not number > 0:
        raise ValueError(f"{name} must be positive. Received: {number}")


def in_range(
    name: str, tensor: tf.Tensor, limit: int | None, meaning: str
) -> None:
    """Raises ValueError unless known indices are in [0, limit).

    Args:
      name: Of the argument.
      tensor: Integer.
      limit: Where indices end; None is unknown.
      meaning: What they are indices of, for the message.
    """
    values = tf.get_static_value(tensor)
    if values is None or limit is None or not values.size:
        return
    low, high = values.min(), values.max()
    if low < 0 or high >= limit:
        raise ValueError(
            f"{name} must be {meaning}, from 0 to {limit - 1}. Received: "
            f"{low if low < 0 else high}"
        )


def all_positive(name: str, tensor: tf.Tensor) -> None:
    """Raises ValueError unless all known values are greater than 0."""
    values = tf.get_static_value(tensor)
    if values is not None and values.size and not values.min() > 0:
        raise ValueError(f"{name} must be positive. Received: {values.min()}")
