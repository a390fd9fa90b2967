"""Averages a map of features over the cells of a coarser grid."""

import numpy as np
import tensorflow as tf


def average(features: tf.Tensor, grid: int) -> tf.Tensor:
    """Averages features over grid x grid cells of equal size.

    A pixel on the border of two cells counts in each by the share of it that
    lies there: of 14 pixels, each of 4 cells has 3.5.

    Args:
        features: [B, h, w, c], a float dtype; h and w static.
        grid: cells in height and in width, at most h and w.

    Returns:
        [B, grid, grid, c] of the same dtype.

    Raises:
        ValueError: more cells than pixels.
    """
    _, height, width, _ = features.shape
    check(grid, (height, width))
    if (height, width) == (grid, grid):
        return features
    dtype = features.dtype
    # Sums of many values of 8 or 11 bits are taken in float32.
    rows = tf.einsum(
        "gh,bhwc->bgwc", shares(height, grid), tf.cast(features, tf.float32)
    )
    cells = tf.einsum("kw,bgwc->bgkc", shares(width, grid), rows)
    return tf.cast(cells, dtype)


def check(grid: int, size: tuple[int, int]) -> None:
    """Raises ValueError if `size` [h, w] has fewer pixels than `grid` cells."""
    if grid > min(size):
        raise ValueError(
            "model.feature_grid must be at most the height and width of the "
            f"backbone's features, {size[0]} x {size[1]}; 0 is all of them. "
            f"Received: {grid}"
        )


def shares(pixels: int, cells: int) -> np.ndarray:
    """Returns float32 [cells, pixels], each pixel's share of each cell."""
    ends = np.linspace(0, pixels, cells + 1)
    starts = np.arange(pixels)
    overlaps = np.minimum(ends[1:, None], starts + 1) - np.maximum(
        ends[:-1, None], starts
    )
    return (np.maximum(overlaps, 0) * cells / pixels).astype(np.float32)
