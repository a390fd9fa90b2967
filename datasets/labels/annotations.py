"""From annotators' segments to one label per frame.

Follows `dataset_preparation` of the original: annotators are averaged,
neighbouring segments meet in the middle of what lies between them (a gap or
an overlap), and what is before the first or after the last segment belongs to
it. Times here are seconds.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

# Label files count microseconds, and frames at 30 a second are 33333.3 of them
# apart: a boundary and its frame differ by up to this where either is rounded.
_ON_FRAME = 1e-6  # seconds


@dataclasses.dataclass(frozen=True)
class Segment:
    """A phase of a video: start <= t < end."""

    phase: int
    start: float
    end: float
    unit: str = "seconds"  # or "frames", counted from 0


def merge_annotators(
    annotations: Mapping[str, Mapping[int, tuple[float, float]]],
) -> list[Segment]:
    """Averages annotators and closes gaps and overlaps.

    Args:
      annotations: of one video, {annotator: {phase: (start, end)}}, seconds.
        A phase that only some annotators have is averaged over those.

    Returns:
      One segment for each phase, in order of start. Inner boundaries may run
      backwards when one phase lies inside another; `label_timestamps` gives
      such times to the first segment that has them.
    """
    return close_gaps(average_annotators(annotations))


def average_annotators(
    annotations: Mapping[str, Mapping[int, tuple[float, float]]],
) -> list[Segment]:
    """Averages annotators, and leaves gaps and overlaps as they are.

    Args:
      annotations: as in `merge_annotators`.

    Returns:
      One segment for each phase, in order of start.
    """
    phases = sorted({p for marked in annotations.values() for p in marked})
    averaged = []
    for phase in phases:
        spans = [m[phase] for m in annotations.values() if phase in m]
        start, end = np.mean(np.array(spans, np.float64), axis=0)
        averaged.append(Segment(phase, float(start), float(end)))
    return sorted(averaged, key=lambda s: (s.start, s.end))


def close_gaps(segments: Sequence[Segment]) -> list[Segment]:
    """Moves the ends of neighbours to the middle between them.

    Args:
      segments: in order of start.

    Returns:
      As many segments, of which each starts where the one before it ends.
    """
    meetings = [
        (before.end + after.start) / 2
        for before, after in itertools.pairwise(segments)
    ]
    starts = [segments[0].start, *meetings] if segments else []
    ends = [*meetings, segments[-1].end] if segments else []
    return [
        dataclasses.replace(segment, start=start, end=end)
        for segment, start, end in zip(segments, starts, ends, strict=True)
    ]


def label_timestamps(
    timestamps: np.ndarray, segments: Sequence[Segment]
) -> np.ndarray:
    """Labels frames with the phases of a video.

    A boundary that is within a microsecond of a frame is on that frame, which
    then belongs to the phase that starts there.

    Args:
      timestamps: float64 [L], seconds, or numbers of frames.
      segments: of `merge_annotators`, in order; at least one.

    Returns:
      int64 [L], phases. A frame before the first segment has its phase, one
      in no segment after that has the last's.

    Raises:
      ValueError: when there are no segments.
    """
    if not segments:
        raise ValueError("segments must hold at least one. Received: none.")
    times = timestamps + _ON_FRAME
    labels = np.full(len(times), segments[-1].phase, np.int64)
    labels[times < segments[0].start] = segments[0].phase
    # Backwards, so that the first segment that has a time wins.
    for segment in reversed(segments):
        inside = (segment.start <= times) & (times < segment.end)
        labels[inside] = segment.phase
    return labels
