"""Numpy in, pictures out: what TensorBoard, reports and videos show."""

from tcc.visualization.grids import (
    batch_grid,
    grid,
    grid_shape,
    nearest_neighbor_strip,
    titled_rows,
)
from tcc.visualization.matrices import similarity_matrix

__all__ = [
    "batch_grid",
    "grid",
    "grid_shape",
    "nearest_neighbor_strip",
    "similarity_matrix",
    "titled_rows",
]
