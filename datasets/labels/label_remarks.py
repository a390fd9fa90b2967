"""What is odd about annotations that are good enough to be used.

The original averages annotators and closes gaps and overlaps without a word.
The labels here are the same; these remarks say where they are a guess.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from tcc.datasets.labels import annotations, phase_segments

# Below these, a boundary is as exact as a frame: 25 frames per second.
_TOLERANCE = {"seconds": 0.04, "frames": 1.0}
_SIGN = {"seconds": " s", "frames": " frames"}
# Of a phase's length: by how much annotators may differ about a boundary.
_DISAGREEMENT = 0.5

Marked = Mapping[str, Mapping[int, tuple[float, float]]]


def of_annotators(
    marked: Marked,
    *,
    phase_names: Sequence[str] = (),
    unit: str = "seconds",
) -> list[str]:
    """Finds what is odd about one video's annotations.

    Args:
      marked: {annotator: {phase: (start, end)}}.
      phase_names: for the remarks.
      unit: of the times, "seconds" or "frames".

    Returns:
      Remarks, each about a phase that it names.
    """
    averaged = annotations.average_annotators(marked)
    remarks = _disagreements(marked, phase_names, unit)
    return remarks + of_segments(averaged, phase_names=phase_names, unit=unit)


def _disagreements(
    marked: Marked, phase_names: Sequence[str], unit: str
) -> list[str]:
    remarks = []
    for phase in sorted({p for spans in marked.values() for p in spans}):
        name = phase_segments.phase_name(phase, phase_names)
        spans = np.array([m[phase] for m in marked.values() if phase in m])
        if len(spans) < len(marked):
            remarks.append(
                f"phase {name} is marked by {len(spans)} of {len(marked)} "
                "annotators; it is averaged over those"
            )
        length = float(np.mean(spans[:, 1] - spans[:, 0]))
        allowed = max(_DISAGREEMENT * length, _TOLERANCE[unit])
        for what, times in zip(("start", "end"), spans.T, strict=True):
            spread = float(np.ptp(times))
            if spread > allowed:
                remarks.append(
                    f"annotators differ by {spread:.2f}{_SIGN[unit]} about the "
                    f"{what} of phase {name}; the mean is taken"
                )
    return remarks


def of_segments(
    segments: Sequence[annotations.Segment],
    *,
    phase_names: Sequence[str] = (),
    unit: str = "seconds",
) -> list[str]:
    """Finds gaps, overlaps, and phases that end up without a frame.

    Args:
      segments: in order of start, before gaps are closed.
      phase_names: for the remarks.
      unit: of the times.

    Returns:
      Remarks.
    """

    def name(segment: annotations.Segment) -> str:
        return phase_segments.phase_name(segment.phase, phase_names)

    remarks = []
    for before, after in itertools.pairwise(segments):
        gap = after.start - before.end
        kind = "a gap" if gap > 0 else "an overlap"
        if abs(gap) > _TOLERANCE[unit]:
            remarks.append(
                f"{kind} of {abs(gap):.2f}{_SIGN[unit]} between phase "
                f"{name(before)} and phase {name(after)}; they meet in its "
                f"middle, at {(before.end + after.start) / 2:.2f}"
                f"{_SIGN[unit]}"
            )
    closed = annotations.close_gaps(segments)
    for given, left in zip(segments, closed, strict=True):
        if given.end > given.start and left.end <= left.start:
            remarks.append(
                f"phase {name(given)} lies inside another and labels no frame"
            )
    return remarks
