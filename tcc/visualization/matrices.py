"""Plots of the similarity between the frames of two videos."""

import numpy as np
from matplotlib.backends import backend_agg
from matplotlib.figure import Figure

_DPI = 100


def similarity_matrix(
    embs_a: np.ndarray,
    embs_b: np.ndarray,
    *,
    times_a: np.ndarray | None = None,
    times_b: np.ndarray | None = None,
    name_a: str = "first video",
    name_b: str = "second video",
    path: np.ndarray | None = None,
    size: int = 480,
) -> np.ndarray:
    """Plots how near every frame of one video is to every frame of another.

    Dark is near. The measure is the Euclidean distance, relative to the
    largest of the matrix; the line marks the nearest neighbour of each frame
    of a, or the `path` given. In two videos that are aligned the dark band
    runs from the lower left to the upper right. Of videos with many more frames
    than the picture has pixels, evenly spaced frames are compared.

    Args:
      embs_a: [T, D] float, along the horizontal axis.
      embs_b: [L, D] float, along the vertical axis.
      times_a: [T] float, seconds; frame numbers are shown without.
      times_b: [L] float, seconds.
      name_a: of the horizontal axis.
      name_b: of the vertical axis.
      path: [T] int, the frame of b matched with each frame of a.
      size: pixels, height and width of the picture.

    Returns:
      [size, size, 3] uint8.

    Raises:
      ValueError: embeddings that are not [frames, D] with one D.
    """
    if (
        embs_a.ndim != 2
        or embs_b.ndim != 2
        or embs_a.shape[1] != embs_b.shape[1]
        or not (embs_a.size and embs_b.size)
    ):
        raise ValueError(
            "embs_a and embs_b must have shapes [T, D] and [L, D]."
            f" Received: {embs_a.shape} and {embs_b.shape}"
        )
    # No more than four frames a pixel: the matrix stays small.
    a, b = (
        slice(None, None, -(-len(embs) // (4 * size)))
        for embs in (embs_a, embs_b)
    )
    distances = _relative_distances(embs_a[a], embs_b[b])
    x, unit_a = _axis(times_a, len(embs_a))
    y, unit_b = _axis(times_b, len(embs_b))
    line = y[b][distances.argmin(axis=1)]
    if path is not None:
        line = y[np.asarray(path)[a]]
    x, y = x[a], y[b]
    figure = Figure(figsize=(size / _DPI, size / _DPI), dpi=_DPI)
    canvas = backend_agg.FigureCanvasAgg(figure)
    axes = figure.subplots()
    image = axes.imshow(
        distances.T,
        origin="lower",
        aspect="auto",
        cmap="gray",
        interpolation="nearest",
        vmin=0,
        vmax=1,
        extent=(*_edges(x), *_edges(y)),
    )
    # White with a black rim: seen on dark and on light.
    for color, width in (("black", 3.5), ("white", 1.5)):
        axes.plot(x, line, color=color, linewidth=width)
    axes.set_xlabel(f"{name_a} ({unit_a})", parse_math=False)
    axes.set_ylabel(f"{name_b} ({unit_b})", parse_math=False)
    axes.set_title(
        f"{len(embs_a)} x {len(embs_b)} frames; line: matched frame",
        fontsize="medium",
    )
    figure.colorbar(image, ax=axes, label="distance / largest distance")
    figure.set_layout_engine("tight")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _relative_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns Euclidean distances [T, L] divided by the largest."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    shift = a.mean(axis=0)
    a, b = a - shift, b - shift
    squared = -2 * a @ b.T
    squared += np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    distances = np.sqrt(np.maximum(squared, 0))
    largest = distances.max()
    return distances / largest if largest > 0 else distances


def _axis(times: np.ndarray | None, count: int) -> tuple[np.ndarray, str]:
    if times is None:
        return np.arange(count), "frames"
    return np.asarray(times), "s"


def _edges(centers: np.ndarray) -> tuple[float, float]:
    """Returns where the first cell begins and the last one ends."""
    if len(centers) == 1:
        return float(centers[0]) - 0.5, float(centers[0]) + 0.5
    half = (centers[-1] - centers[0]) / (len(centers) - 1) / 2
    return float(centers[0] - half), float(centers[-1] + half)
