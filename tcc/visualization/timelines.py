"""Phases of videos as bars over time."""

from collections.abc import Sequence

import numpy as np

from tcc.visualization import figures

_ROW = 26  # pixels
_MARGIN = 130  # pixels for axis and legend
_WIDTH = 900  # pixels


def phase_timelines(
    rows: Sequence[tuple[str, np.ndarray, np.ndarray]],
    *,
    phase_names: Sequence[str] = (),
) -> np.ndarray:
    """Draws the phases of videos, a bar for each.

    Args:
      rows: for each bar its name, times [T] float in seconds and labels [T]
        int64, -1 left white.
      phase_names: for the legend; phases without a name are numbered.

    Returns:
      [H, W, 3] uint8.

    Raises:
      ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows must hold one bar or more. Received: none")
    count = max(len(phase_names), *(1 + int(r[2].max()) for r in rows), 1)
    colours = figures.phase_colours(count)
    figure = figures.new(_WIDTH, _MARGIN + _ROW * len(rows))
    axes = figure.subplots()
    for place, (_, times, labels) in enumerate(rows):
        interval = np.diff(times).mean() if len(times) > 1 else 1.0
        borders = np.flatnonzero(np.diff(labels)) + 1
        for run in np.split(np.arange(len(labels)), borders):
            label = int(labels[run[0]])
            if label >= 0:
                start, end = times[run[0]], times[run[-1]] + interval
                axes.barh(place, end - start, left=start, color=colours[label])
    axes.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=8)
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.set_ylim(len(rows) - 0.4, -0.6)  # downwards, without margins
    axes.set_xlabel("time (s)")
    names = dict(enumerate(phase_names))
    handles = [
        axes.barh(0, 0, color=colour, label=names.get(i, f"phase {i}"))
        for i, colour in enumerate(colours)
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=min(count, 6)
    )
    return figures.pixels(figure)
