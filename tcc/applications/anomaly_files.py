"""Writes and draws what `tcc.applications.anomaly` found."""

import csv
import os
from collections.abc import Iterator, Mapping

import numpy as np

from tcc.applications.anomaly import Scores
from tcc.applications.clips import Clips
from tcc.io import atomic_files
from tcc.visualization import figures, text

_RIM = 6  # pixels
_RED = (220, 30, 30)


def write_csv(
    path: str | os.PathLike[str],
    found: Mapping[str, Scores],
    times: Mapping[str, np.ndarray],
) -> None:
    """Writes score and verdict of every frame.

    Args:
      path: of the file.
      found: by video.
      times: by video [T] float, seconds.
    """
    with (
        atomic_files.write(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(["video", "seconds", "score", "anomalous"])
        for name, one in found.items():
            rows = zip(times[name], one.scores, one.is_anomalous, strict=True)
            for time, value, flag in rows:
                writer.writerow(
                    [name, f"{time:.4f}", f"{value:.3f}", int(flag)]
                )


def draw(
    found: Mapping[str, Scores],
    times: Mapping[str, np.ndarray],
    threshold: float,
    *,
    width: int = 900,
) -> np.ndarray:
    """Plots the scores of videos below each other, on one scale.

    Args:
      found: by video, one or more.
      times: by video [T] float, seconds.
      threshold: of the detector.
      width: pixels.

    Returns:
      [H, W, 3] uint8.
    """
    figure = figures.new(width, 60 + 90 * len(found))
    panels = figure.subplots(
        len(found), 1, sharex=True, sharey=True, squeeze=False
    )[:, 0]
    for axes, (name, one) in zip(panels, found.items(), strict=True):
        time = times[name]
        axes.plot(time, one.scores, color="black", linewidth=1.2)
        axes.axhline(threshold, color="black", linestyle=":")
        axes.fill_between(
            time,
            threshold,
            np.maximum(one.scores, threshold),
            color="tab:red",
            alpha=0.7,
            linewidth=0,
        )
        axes.set_title(
            f"{name}: {one.is_anomalous.mean():.0%} of the frames above the"
            " threshold",
            fontsize=9,
            loc="left",
            parse_math=False,
        )
    panels[-1].set_xlabel("time (s)")
    figure.supylabel("score (spreads of normal frames)", fontsize=9)
    return figures.pixels(figure)


def marked_frames(
    clips: Clips, video: int, found: Scores, *, size: int = 256
) -> Iterator[np.ndarray]:
    """Yields the frames of a video, anomalous ones with a red rim and a word.

    Args:
      clips: the videos.
      video: index of the one.
      found: its scores.
      size: pixels of the picture.

    Yields:
      [H, W, 3] uint8 of one size.
    """
    for t, (value, flag) in enumerate(
        zip(found.scores, found.is_anomalous, strict=True)
    ):
        picture = np.zeros((size + 2 * _RIM, size + 2 * _RIM, 3), np.uint8)
        if flag:
            picture[:] = _RED
        picture[_RIM:-_RIM, _RIM:-_RIM] = clips.picture(video, t, size)
        time = clips.embeddings.times[video][t]
        caption = f"{time:.2f} s  score {value:.1f}"
        caption += "  ANOMALY" if flag else ""
        line = text.banner(caption, width=picture.shape[1], size=16)
        yield np.concatenate([picture, line])
