"""The course of a rendered video in time: phases, speeds and pauses."""

import dataclasses

import numpy as np

from tcc.datasets.builders.pouring_synthetic import world

# The paper's key events of Pouring part them: the hand touches the bottle,
# liquid starts to exit, pouring is complete, the bottle is back on the table.
PHASE_NAMES = ("reach", "lift", "pour", "put_down", "withdraw")
FPS = 15.0  # frames per second
_USUAL_SHARES = (0.2, 0.2, 0.26, 0.2, 0.14)  # of a video's frames
_MIN_FRAMES = 5  # of a phase, without pauses


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Where in the action each frame is.

    Attributes:
      phases: int64 [L], indices into `PHASE_NAMES`, never decreasing.
      progress: float64 [L], 0 <= p < 1, how far the phase has come; constant
        during a pause.
    """

    phases: np.ndarray
    progress: np.ndarray


def draw_timeline(
    rng: np.random.Generator, difficulty: world.Difficulty
) -> Timeline:
    """Draws durations, changes of speed within phases, and pauses.

    Args:
      rng: where the randomness comes from.
      difficulty: the ranges.

    Returns:
      The timeline of one video, with `difficulty.frames` frames.
    """
    low, high = difficulty.frames
    num_frames = int(rng.integers(low, high + 1))
    spare = num_frames - _MIN_FRAMES * len(PHASE_NAMES)
    pauses = _draw_pauses(rng, difficulty.pauses, spare)
    weights = np.array(_USUAL_SHARES) * np.exp(
        rng.normal(0, difficulty.speed_spread, len(PHASE_NAMES))
    )
    moving = spare - sum(frames for _, _, frames in pauses)
    durations = _MIN_FRAMES + _split(moving, weights)
    phases, progress = [], []
    for phase, duration in enumerate(durations):
        course = _draw_course(rng, int(duration))
        for where, share, frames in pauses:
            if where == phase:
                at = int(share * len(course))
                held = course[min(at, len(course) - 1)]
                course = np.insert(course, at, np.full(frames, held))
        phases += [phase] * len(course)
        progress.append(np.sort(course))
    return Timeline(np.array(phases), np.concatenate(progress))


def _draw_pauses(
    rng: np.random.Generator, most: int, spare: int
) -> list[tuple[int, float, int]]:
    """Returns (phase, place in it, frames) of each pause."""
    count = int(rng.integers(most + 1))
    return [
        (
            int(rng.integers(len(PHASE_NAMES))),
            float(rng.random()),
            int(rng.integers(2, max(3, spare // 8))),
        )
        for _ in range(count)
    ]


def _split(total: int, weights: np.ndarray) -> np.ndarray:
    """Splits a number of frames in proportion, int64, the sum exact."""
    ends = np.round(np.cumsum(weights) / weights.sum() * total)
    return np.diff(ends, prepend=0).astype(np.int64)


def _draw_course(rng: np.random.Generator, duration: int) -> np.ndarray:
    """Returns a phase's progress at an uneven pace, float64 [duration]."""
    place = np.arange(duration) / duration
    return place ** rng.uniform(0.7, 1.4)
