"""Frames side by side: grids of frames, strips of nearest neighbours."""

import math
from collections.abc import Sequence

import numpy as np

from tcc.visualization import text

_GAP = 2  # pixels between cells
_MAX_WIDTH = 4096  # pixels; wider strips and grids are made of smaller cells
_BACKGROUND = 255


def grid_shape(count: int, columns: int = 0) -> tuple[int, int]:
    """Returns (rows, columns) of a grid of `count` cells.

    Args:
      count: cells, 1 or more.
      columns: wanted columns; 0 gives a near-square grid.

    Raises:
      ValueError: for no cells or negative columns.
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more. Received: {count}")
    if columns < 0:
        raise ValueError(f"columns must be 0 or more. Received: {columns}")
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    return math.ceil(count / columns), columns


def grid(
    cells: Sequence[np.ndarray], *, columns: int = 0, background: int = 0
) -> np.ndarray:
    """Lays pictures of one size out in a grid, with a gap between them.

    Args:
      cells: pictures [H, W, 3] uint8, row by row.
      columns: 0 gives a near-square grid.
      background: grey value of gaps and of missing cells.

    Returns:
      One picture, uint8.

    Raises:
      ValueError: no cells, or cells of different shapes.
    """
    rows, columns = grid_shape(len(cells), columns)
    shapes = {cell.shape for cell in cells}
    if len(shapes) > 1:
        raise ValueError(
            f"cells must have one shape. Received: {sorted(shapes)}"
        )
    height, width = cells[0].shape[:2]
    picture = np.full(
        (
            rows * (height + _GAP) - _GAP,
            columns * (width + _GAP) - _GAP,
            3,
        ),
        background,
        np.uint8,
    )
    for i, cell in enumerate(cells):
        top = i // columns * (height + _GAP)
        left = i % columns * (width + _GAP)
        picture[top : top + height, left : left + width] = cell
    return picture


def batch_grid(frames: np.ndarray) -> np.ndarray:
    """Returns a batch as a picture: a row per video, a column per step.

    Args:
      frames: [N, T, H, W, 3] uint8. Large frames are shrunk by a whole
        factor, so that the picture stays below 4096 pixels in width.

    Returns:
      One picture, uint8.

    Raises:
      ValueError: another shape or dtype.
    """
    _check_frames("frames", frames, ndim=5)
    small = _shrink(frames, frames.shape[1])
    cells = small.reshape(-1, *small.shape[2:])
    return grid(list(cells), columns=frames.shape[1], background=_BACKGROUND)


def nearest_neighbor_strip(
    frames_a: np.ndarray, frames_b: np.ndarray, indices: np.ndarray
) -> np.ndarray:
    """Returns frames of one video above their matches in another.

    Three rows, all in the time of the first video: its frames, the matched
    frames of the second, and, for comparison, the frames of the second at the
    same relative time, as they stand without an alignment.

    Args:
      frames_a: [T, H, W, 3] uint8.
      frames_b: [L, H, W, 3] uint8.
      indices: [T] int, the frame of b that matches each frame of a.

    Returns:
      One picture, uint8.

    Raises:
      ValueError: shapes that do not fit, or an index outside b.
    """
    _check_frames("frames_a", frames_a, ndim=4)
    _check_frames("frames_b", frames_b, ndim=4)
    length, candidates = len(frames_a), len(frames_b)
    indices = np.asarray(indices)
    if indices.shape != (length,):
        raise ValueError(
            f"indices must have shape ({length},), one for each frame of"
            f" frames_a. Received: shape {indices.shape}"
        )
    if indices.min() < 0 or indices.max() >= candidates:
        raise ValueError(
            f"indices must lie in [0, {candidates}). Received: {indices}"
        )
    same_time = np.round(np.linspace(0, candidates - 1, length)).astype(int)
    rows = (
        ("query", frames_a),
        ("nearest neighbours", frames_b[indices]),
        ("same relative time, unaligned", frames_b[same_time]),
    )
    return titled_rows(rows)


def titled_rows(rows: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """Returns rows of frames, each below its title.

    Args:
      rows: title and frames [T, H, W, 3] uint8, of one shape in all rows.

    Returns:
      One picture, uint8.
    """
    parts = []
    for title, frames in rows:
        strip = grid(
            list(_shrink(frames, len(frames))),
            columns=len(frames),
            background=_BACKGROUND,
        )
        parts.append(text.banner(title, width=strip.shape[1], size=12))
        parts.append(strip)
    return np.concatenate(parts)


def _shrink(frames: np.ndarray, columns: int) -> np.ndarray:
    """Returns frames [..., H, W, 3] small enough for a row of `columns`."""
    width = frames.shape[-2]
    limit = max(8, _MAX_WIDTH // columns - _GAP)
    factor = math.ceil(width / limit)
    if factor == 1:
        return frames
    height = frames.shape[-3] // factor * factor
    width = width // factor * factor
    blocks = frames[..., :height, :width, :].reshape(
        *frames.shape[:-3], height // factor, factor, width // factor, factor, 3
    )
    return blocks.mean(axis=(-4, -2)).round().astype(np.uint8)


def _check_frames(name: str, frames: np.ndarray, *, ndim: int) -> None:
    if (
        frames.ndim != ndim
        or frames.shape[-1] != 3
        or frames.dtype != np.uint8
        or not frames.size
    ):
        axes = "[N, T, H, W, 3]" if ndim == 5 else "[T, H, W, 3]"
        raise ValueError(
            f"{name} must have shape {axes} and dtype uint8, with one frame or"
            f" more. Received: shape {frames.shape}, dtype {frames.dtype}"
        )
