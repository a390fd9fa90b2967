"""Maps of embedded frames in two dimensions."""

import math
from collections.abc import Sequence

import numpy as np
import threadpoolctl
from matplotlib import axes as axes_lib
from matplotlib import colors, lines
from sklearn import decomposition, manifold

from tcc.visualization import figures

METHODS = ("pca", "tsne")
_FEW_FRAMES = 5000
_PCA_CHANNELS = 50  # kept before t-SNE, as its authors advise
_MARKERS = "osD^v<>ph*"


def project(
    embs: Sequence[np.ndarray],
    *,
    method: str = "tsne",
    perplexity: float = 30.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """Projects the frames of videos together.

    t-SNE of 10,000 frames takes a minute or two, and more than proportionally
    long for more; `choose_frames` thins them out.

    Args:
      embs: for each video [L, D] float.
      method: "pca" or "tsne" (of scikit-learn).
      perplexity: of t-SNE; lowered for few frames.
      seed: of t-SNE.

    Returns:
      For each video [L, 2] float64.

    Raises:
      ValueError: an unknown method, or fewer than three frames.
    """
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {METHODS}. Received: {method!r}"
        )
    rows = np.concatenate(embs).astype(np.float64)
    if len(rows) < 3:
        raise ValueError(
            f"embs must hold three frames or more. Received: {len(rows)}"
        )
    # On a busy machine threads that wait for each other cost more than they
    # bring to a small problem.
    threads = 1 if len(rows) < _FEW_FRAMES else None
    with threadpoolctl.threadpool_limits(threads):
        points = _project_rows(rows, method, perplexity, seed)
    ends = np.cumsum([len(video) for video in embs])[:-1]
    return np.split(points.astype(np.float64), ends)


def _project_rows(
    rows: np.ndarray, method: str, perplexity: float, seed: int
) -> np.ndarray:
    """Projects rows [N, D] to [N, 2]."""
    channels = min(_PCA_CHANNELS if method == "tsne" else 2, *rows.shape)
    points = decomposition.PCA(channels, svd_solver="full").fit_transform(rows)
    if method == "tsne":
        return manifold.TSNE(
            perplexity=min(perplexity, (len(rows) - 1) / 3),
            init="random" if channels < 2 else "pca",
            random_state=seed,
        ).fit_transform(points)
    return points if channels == 2 else np.pad(points, ((0, 0), (0, 1)))


def choose_frames(
    lengths: Sequence[int], *, limit: int
) -> tuple[list[np.ndarray], int]:
    """Returns which frames of videos a map shows: all, or evenly spaced ones.

    Args:
      lengths: frames of each of V videos.
      limit: frames of all videos at most, 1 or more.

    Returns:
      For each video the indices of its frames, int64, and n where 1 in n
      frames of all videos in a row is taken. Of videos shorter than n there
      may be none.
    """
    total = sum(lengths)
    every = max(1, math.ceil(total / limit))
    ends = np.cumsum(lengths)
    rows = np.arange(0, total, every)
    parts = np.split(rows, np.searchsorted(rows, ends[:-1]))
    starts = ends - np.asarray(lengths)
    return [p - start for p, start in zip(parts, starts, strict=True)], every


def progress(lengths: Sequence[int]) -> list[np.ndarray]:
    """Returns for each video of L frames 0 at its first to 1 at its last."""
    return [np.linspace(0, 1, length) for length in lengths]


def draw(
    points: Sequence[np.ndarray],
    values: Sequence[np.ndarray],
    *,
    title: str = "",
    phase_names: Sequence[str] | None = None,
    trajectories: Sequence[int] = (),
    names: Sequence[str] = (),
    size: int = 720,
) -> np.ndarray:
    """Draws a map.

    Args:
      points: for each video [L, 2] float.
      values: for each video [L], progress between 0 and 1; with
        `phase_names` phases, -1 unlabelled (grey).
      title: above the map.
      phase_names: of the phases; None colours by progress.
      trajectories: indices of videos whose frames are joined in order of
        time, from the ring to the cross.
      names: of the videos, for those.
      size: pixels, height and width.

    Returns:
      [size, size, 3] uint8.
    """
    figure = figures.new(size, size)
    axes = figure.subplots()
    where = np.concatenate(points)
    value = np.concatenate(values)
    if phase_names is None:
        dots = axes.scatter(
            where[:, 0], where[:, 1], c=value, s=10, cmap="viridis", alpha=0.8
        )
        figure.colorbar(
            dots, ax=axes, shrink=0.7, label="time in the video / its length"
        )
    else:
        _scatter_phases(axes, where, value, phase_names)
    for count, video in enumerate(trajectories):
        path = points[video]
        if not len(path):  # of a short video, when few frames are shown
            continue
        style = ("-", "--", ":", "-.")[count % 4]
        axes.plot(*path.T, style, color="black", linewidth=1.2)
        axes.plot(*path[0], "o", color="black", fillstyle="none", markersize=9)
        axes.plot(*path[-1], "x", color="black", markersize=9)
        if names:
            axes.annotate(
                names[video],
                path[0],
                xytext=(6, 6),
                textcoords="offset points",
                parse_math=False,
                bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0},
            )
    axes.set_title(title, parse_math=False)
    axes.set_xticks([])
    axes.set_yticks([])
    return figures.pixels(figure)


def _scatter_phases(
    axes: axes_lib.Axes,
    where: np.ndarray,
    phases: np.ndarray,
    names: Sequence[str],
) -> None:
    """Each phase has a colour and a mark of its own, for grey prints."""
    count = max(len(names), int(phases.max()) + 1)
    shades = [colors.to_hex(c) for c in figures.phase_colours(count)]
    known = dict(enumerate(names))
    handles = []
    for phase in np.unique(phases):
        chosen = where[phases == phase]
        label = known.get(int(phase), f"phase {phase}")
        shade, mark = shades[phase], _MARKERS[phase % len(_MARKERS)]
        if phase < 0:
            label, shade, mark = "unlabelled", "lightgrey", "."
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=12,
            color=shade,
            marker=mark,
            alpha=0.8,
        )
        handles.append(
            lines.Line2D(
                [],
                [],
                linestyle="",
                color=shade,
                marker=mark,
                label=f"{label} ({len(chosen)} frames)",
            )
        )
    axes.legend(handles=handles, fontsize="small")
