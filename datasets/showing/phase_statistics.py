"""Lengths and phases of the videos of a prepared set, counted and compared."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from tcc.datasets.labels import phase_segments


@dataclasses.dataclass(frozen=True)
class VideoStatistics:
    """What there is to say about one video.

    Attributes:
      split: it is in.
      name: of the video.
      num_frames: L.
      seconds: its length.
      is_labelled: whether a frame has a phase.
      phase_seconds: float64 [phases], how long each lasts in all.
      runs: the phases in the order in which they come.
      starts: float64 [phases], where each first starts, as a share of the
        video; NaN where it is missing.
    """

    split: str
    name: str
    num_frames: int
    seconds: float
    is_labelled: bool
    phase_seconds: np.ndarray
    runs: tuple[int, ...]
    starts: np.ndarray

    @property
    def missing(self) -> list[int]:
        """The phases that do not come; none of an unlabelled video."""
        if not self.is_labelled:
            return []
        return np.flatnonzero(np.isnan(self.starts)).tolist()


def describe_video(
    split: str,
    name: str,
    frame_labels: np.ndarray,
    timestamps: np.ndarray,
    *,
    fps: float,
    num_phases: int,
) -> VideoStatistics:
    """Counts one video.

    Args:
      split: it is in.
      name: of the video.
      frame_labels: int64 [L], -1 where unlabelled.
      timestamps: float64 [L], seconds.
      fps: frames per second; the last frame lasts 1 / fps.
      num_phases: of the data set; labels may go beyond.

    Returns:
      The counts.
    """
    times = timestamps - timestamps[0]
    seconds = float(times[-1] + 1 / fps)
    segments = phase_segments.find(frame_labels, times, fps=fps).segments
    count = max([num_phases, *(s.phase + 1 for s in segments)])
    phase_seconds = np.zeros(count)
    starts = np.full(count, np.nan)
    for segment in segments:
        phase_seconds[segment.phase] += segment.end - segment.start
        if np.isnan(starts[segment.phase]):
            starts[segment.phase] = segment.start / seconds
    return VideoStatistics(
        split=split,
        name=name,
        num_frames=len(frame_labels),
        seconds=seconds,
        is_labelled=bool(segments),
        phase_seconds=phase_seconds,
        runs=tuple(segment.phase for segment in segments),
        starts=starts,
    )


def usual_order(videos: Sequence[VideoStatistics]) -> list[int]:
    """Returns the phases that occur, in the order in which they mostly start.

    Args:
      videos: of one data set.

    Returns:
      Phases by the median of where they first start, equal ones by number.
    """
    count = max((len(v.starts) for v in videos), default=0)
    medians = {}
    for phase in range(count):
        starts = [
            v.starts[phase]
            for v in videos
            if phase < len(v.starts) and not np.isnan(v.starts[phase])
        ]
        if starts:
            medians[phase] = float(np.median(starts))
    return sorted(medians, key=lambda phase: (medians[phase], phase))


def order_violations(
    video: VideoStatistics, order: Sequence[int]
) -> list[tuple[int, int]]:
    """Finds where a video goes back in the usual order.

    Args:
      video: its runs of phases.
      order: of `usual_order`.

    Returns:
      (phase, the phase behind it) for every step back.
    """
    rank = {phase: index for index, phase in enumerate(order)}
    return [
        (before, after)
        for before, after in itertools.pairwise(video.runs)
        if rank[after] < rank[before]
    ]
