"""Charts of scores, readable in greyscale."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tcc.visualization import figures

# Line, marker and grey value tell series apart, never a hue alone.
_STYLES = (("-", "o", "0.0"), ("--", "s", "0.35"), (":", "^", "0.6"))
_MAX_NAMED = 12  # phases whose counts are printed into a matrix


@dataclasses.dataclass(frozen=True)
class Series:
    """A curve with intervals.

    Attributes:
      name: for the legend.
      x: [K] float.
      y: [K] float.
      low: [K] float, lower end of each interval; NaN draws none.
      high: [K] float.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray


def confusion_matrix(
    counts: np.ndarray, *, names: Sequence[str] = (), title: str = ""
) -> np.ndarray:
    """Draws how often frames of a phase were taken for another.

    Args:
      counts: [C, C] int, row: true phase, column: predicted.
      names: of the phases; numbers without.
      title: above the matrix.

    Returns:
      A picture [H, W, 3] uint8.
    """
    size = len(counts)
    labels = [names[i] if i < len(names) else str(i) for i in range(size)]
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    figure = figures.new(640, 540)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    if size <= _MAX_NAMED:
        for row in range(size):
            for column in range(size):
                axes.text(
                    column,
                    row,
                    f"{shares[row, column]:.0%}\n{counts[row, column]}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if shares[row, column] > 0.5 else "black",
                )
    axes.set_xticks(
        range(size), labels, rotation=30, ha="right", parse_math=False
    )
    axes.set_yticks(
        range(size),
        [f"{x} ({n})" for x, n in zip(labels, totals[:, 0], strict=True)],
        parse_math=False,
    )
    axes.set_xlabel("predicted phase")
    axes.set_ylabel("true phase (frames)")
    axes.set_title(title, fontsize="medium", parse_math=False)
    figure.colorbar(image, ax=axes, label="share of the true phase's frames")
    return figures.pixels(figure)


def curves(
    series: Sequence[Series], *, x_label: str, y_label: str, title: str = ""
) -> np.ndarray:
    """Draws curves with their intervals as bars.

    Args:
      series: up to three are told apart in greyscale.
      x_label: with its unit.
      y_label: with its unit.
      title: above the chart.

    Returns:
      A picture [H, W, 3] uint8.
    """
    figure = figures.new(640, 420)
    axes = figure.subplots()
    for i, one in enumerate(series):
        line, marker, grey = _STYLES[i % len(_STYLES)]
        bars = np.nan_to_num([one.y - one.low, one.high - one.y])
        axes.errorbar(
            one.x,
            one.y,
            yerr=np.maximum(bars, 0),
            linestyle=line,
            marker=marker,
            color=grey,
            capsize=3,
            markersize=5,
            label=one.name,
        )
    ticks = np.unique(np.concatenate([one.x for one in series]))
    if len(ticks) <= _MAX_NAMED:
        axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(color="0.9")
    axes.set_title(title, fontsize="medium", parse_math=False)
    figure.legend(fontsize="small", loc="outside lower center", ncols=3)
    return figures.pixels(figure)


def histograms(
    values: Mapping[str, np.ndarray],
    *,
    x_label: str,
    y_label: str,
    bounds: tuple[float, float],
    title: str = "",
) -> np.ndarray:
    """Draws how values spread, the first set filled, the others as lines.

    Args:
      values: name -> [n] float; what is not finite is counted in the legend.
      x_label: with its unit.
      y_label: with its unit.
      bounds: of the bins.
      title: above the chart.

    Returns:
      A picture [H, W, 3] uint8.
    """
    figure = figures.new(640, 420)
    axes = figure.subplots()
    bins = np.linspace(*bounds, 41).tolist()
    for i, (name, numbers) in enumerate(values.items()):
        finite = numbers[np.isfinite(numbers)]
        label = f"{name} (n = {len(finite)}"
        if len(finite) < len(numbers):
            label += f", {len(numbers) - len(finite)} undefined"
        line, _, grey = _STYLES[i % len(_STYLES)]
        if i == 0:
            axes.hist(
                finite, bins, color="0.75", edgecolor="0.3", label=label + ")"
            )
        else:
            axes.hist(
                finite,
                bins,
                histtype="step",
                linestyle=line,
                linewidth=1.8,
                color=grey,
                label=label + ")",
            )
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_title(title, fontsize="medium", parse_math=False)
    figure.legend(fontsize="small", loc="outside lower center", ncols=2)
    return figures.pixels(figure)
