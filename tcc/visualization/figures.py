"""Matplotlib figures as pixels, without a display and without pyplot."""

import numpy as np
from matplotlib.backends import backend_agg
from matplotlib.figure import Figure

_DPI = 100
# Told apart in colour and, by their lightness, in greyscale.
_COLORMAP = "viridis"


def new(width: int, height: int) -> Figure:
    """Returns an empty figure of a size in pixels."""
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    figure.set_layout_engine("constrained")
    return figure


def pixels(figure: Figure) -> np.ndarray:
    """Draws a figure, [H, W, 3] uint8."""
    canvas = backend_agg.FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def phase_colours(count: int) -> list[tuple[float, float, float, float]]:
    """Returns a colour for each of `count` phases, dark to light."""
    import matplotlib

    colormap = matplotlib.colormaps[_COLORMAP]
    return [colormap(i / max(1, count - 1)) for i in range(count)]
