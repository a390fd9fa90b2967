"""How far a video has come, and a reward for robots, from reference videos.

    found = progress.measure(embs, reference_embs)       # [T], 0 to 1
    goal = progress.find_goal(reference_embs)
    rewards = progress.reward(embs, goal)                # [T], up to 0

The reward is that of XIRL (Zakka et al., 2021): the negative distance of an
observation's embedding to the mean embedding of the last frames of the
demonstrations, scaled. It needs no other frame of the video, so it can be
given while an agent acts.
"""

import csv
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tcc.io import atomic_files
from tcc.matching import correspondence
from tcc.visualization import figures

_HEADER = ("video", "seconds", "progress", "spread", "reward")


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far each frame of a video has come.

    Attributes:
      mean: [T] float64, 0 at the start of the action and 1 at its end, the
        mean over the references.
      spread: [T] float64, standard deviation over the references; 0 for one.
    """

    mean: np.ndarray
    spread: np.ndarray


@dataclasses.dataclass(frozen=True)
class Goal:
    """Where the action ends.

    Attributes:
      vector: [D] float64, mean embedding of the references' last frames.
      scale: of the distances to it: the mean distance of the references'
        first frames is 1 when multiplied by it.
    """

    vector: np.ndarray
    scale: float


def measure(
    embs: np.ndarray,
    reference_embs: Sequence[np.ndarray],
    *,
    method: str = "nn",
    distance: str = "sqeuclidean",
) -> Progress:
    """Reads progress off reference videos of the whole action.

    Args:
      embs: [T, D] float.
      reference_embs: R arrays [L_r, D] float, each from the start of the
        action to its end; a frame's progress there is its relative time.
      method: "nn", each frame by itself, so that a video may stop early, or
        go back; "dtw" for whole videos, which then end at 1.
      distance: "sqeuclidean" or "cosine".

    Returns:
      The progress.

    Raises:
      ValueError: no references, or unknown names.
    """
    _require_references(reference_embs)
    found = [
        np.linspace(0, 1, len(reference))[
            correspondence.align(
                embs, reference, method=method, distance=distance
            )
        ]
        for reference in reference_embs
    ]
    return Progress(np.mean(found, axis=0), np.std(found, axis=0))


def find_goal(reference_embs: Sequence[np.ndarray]) -> Goal:
    """Returns where demonstrations end.

    Args:
      reference_embs: R arrays [L_r, D] float.

    Returns:
      The goal; its scale is 1 where the videos end as they began.

    Raises:
      ValueError: no references.
    """
    _require_references(reference_embs)
    last = np.array([video[-1] for video in reference_embs], np.float64)
    first = np.array([video[0] for video in reference_embs], np.float64)
    vector = last.mean(axis=0)
    away = np.linalg.norm(first - vector, axis=1).mean()
    return Goal(vector, 1 / away if away > 0 else 1.0)


def reward(embs: np.ndarray, goal: Goal) -> np.ndarray:
    """Returns -scale |phi(s) - goal| of each frame, as XIRL.

    Args:
      embs: [..., D] float.
      goal: of `find_goal`.

    Returns:
      [...] float64: 0 at the goal, about -1 at the start of the action.

    Raises:
      ValueError: embeddings of other channels than the goal's.
    """
    if embs.shape[-1:] != goal.vector.shape:
        raise ValueError(
            f"embs must have {len(goal.vector)} channels, as the goal."
            f" Received: shape {embs.shape}"
        )
    return -goal.scale * np.linalg.norm(embs - goal.vector, axis=-1)


def _require_references(reference_embs: Sequence[np.ndarray]) -> None:
    if not reference_embs or not all(len(video) for video in reference_embs):
        raise ValueError(
            "reference_embs must hold a video or more, none of them empty."
            f" Received: {len(reference_embs)} videos"
        )


@dataclasses.dataclass(frozen=True)
class Course:
    """A video's `times` [T] in seconds, its progress and its rewards [T]."""

    times: np.ndarray
    progress: Progress
    rewards: np.ndarray


def write(
    folder: str | os.PathLike[str], courses: Mapping[str, Course]
) -> None:
    """Writes progress.npz (arrays "<video>/progress", …) and progress.csv.

    Args:
      folder: made when absent.
      courses: of the videos, by name.
    """
    out = pathlib.Path(folder)
    arrays: dict[str, np.ndarray] = {}
    rows = []
    for name, course in courses.items():
        columns = (
            course.times,
            course.progress.mean,
            course.progress.spread,
            course.rewards,
        )
        for field, values in zip(_HEADER[1:], columns, strict=True):
            arrays[f"{name}/{field}"] = values
        rows += [
            [name, *(f"{value:.4f}" for value in row)]
            for row in zip(*columns, strict=True)
        ]
    with (
        atomic_files.write(out / "progress.npz") as unfinished,
        unfinished.open("wb") as arrays_file,
    ):
        np.savez(arrays_file, **arrays)  # type: ignore[arg-type]
    with (
        atomic_files.write(out / "progress.csv") as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file).writerows([_HEADER, *rows])


def draw(courses: Mapping[str, Course], *, width: int = 900) -> np.ndarray:
    """Plots progress above reward, a line for each video.

    Args:
      courses: of the videos, by name; at most ten are told apart.
      width: pixels.

    Returns:
      [H, W, 3] uint8.
    """
    figure = figures.new(width, round(0.7 * width))
    above, below = figure.subplots(2, 1, sharex=True)
    shades = figures.phase_colours(len(courses) + 1)
    for i, (name, course) in enumerate(courses.items()):
        style = ("-", "--", ":", "-.")[i % 4]
        mean, spread = course.progress.mean, course.progress.spread
        # A label that starts with "_" is left out of legends.
        above.plot(course.times, mean, style, color=shades[i], label=f" {name}")
        above.fill_between(
            course.times,
            mean - spread,
            mean + spread,
            color=shades[i],
            alpha=0.12,
        )
        below.plot(course.times, course.rewards, style, color=shades[i])
    above.set_ylabel("progress (band: ± sd of references)")
    above.set_ylim(-0.05, 1.05)
    below.set_ylabel("reward: - scaled distance to goal")
    below.set_xlabel("time (s)")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    legend = figure.legend(loc="outside right upper", fontsize="small")
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figures.pixels(figure)
