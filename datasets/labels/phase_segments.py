"""From one label per frame to segments in time: the way back."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from tcc.datasets.labels import annotations
from tcc.datasets.preparing import video_record


@dataclasses.dataclass(frozen=True)
class LabelledRuns:
    """The phases of a video, and what a label file cannot say about them.

    Attributes:
      segments: every run of one phase, in order of time. Unlabelled frames
        are in none.
      remarks: what is lost where each phase is one segment, and segments
        meet: phases that come back, frames without a label.
    """

    segments: list[annotations.Segment]
    remarks: list[str]


def find(
    frame_labels: np.ndarray,
    timestamps: np.ndarray,
    *,
    fps: float,
    phase_names: Sequence[str] = (),
) -> LabelledRuns:
    """Finds the runs of frames with one phase.

    Boundaries lie midway between two frames: a video that is written, read
    and thinned out again has the same labels, though its times are rounded.

    Args:
      frame_labels: int64 [L], -1 where unlabelled.
      timestamps: float64 [L], seconds from 0.
      fps: frames per second; the last frame lasts 1 / fps.
      phase_names: for the remarks.

    Returns:
      The runs in seconds.
    """
    middles = (timestamps[1:] + timestamps[:-1]) / 2
    ends = [timestamps[0], *middles, timestamps[-1] + 1 / fps]
    changes = np.flatnonzero(np.diff(frame_labels)) + 1
    bounds = [0, *changes.tolist(), len(frame_labels)]
    segments = [
        annotations.Segment(
            int(frame_labels[first]), float(ends[first]), float(ends[behind])
        )
        for first, behind in itertools.pairwise(bounds)
        if frame_labels[first] != video_record.UNLABELLED
    ]
    return LabelledRuns(segments, _remarks(frame_labels, segments, phase_names))


def keep_longest(
    segments: Sequence[annotations.Segment],
) -> list[annotations.Segment]:
    """Returns of each phase the longest segment only, in order of time."""
    longest: dict[int, annotations.Segment] = {}
    for segment in segments:
        kept = longest.setdefault(segment.phase, segment)
        if segment.end - segment.start > kept.end - kept.start:
            longest[segment.phase] = segment
    return [s for s in segments if longest[s.phase] is s]


def phase_name(phase: int, phase_names: Sequence[str]) -> str:
    """Returns how a message calls a phase: number, and name if it has one."""
    if phase < len(phase_names):
        return f"{phase} ({phase_names[phase]})"
    return str(phase)


def _remarks(
    frame_labels: np.ndarray,
    segments: Sequence[annotations.Segment],
    phase_names: Sequence[str],
) -> list[str]:
    remarks = []
    phases = [segment.phase for segment in segments]
    for phase in sorted(set(phases)):
        if phases.count(phase) > 1:
            remarks.append(
                f"phase {phase_name(phase, phase_names)} comes "
                f"{phases.count(phase)} times; the JSON has its longest part"
            )
    unlabelled = int(np.sum(frame_labels == video_record.UNLABELLED))
    if segments and unlabelled:
        remarks.append(
            f"{unlabelled} of {len(frame_labels)} frames have no phase; where "
            "the labels are read again, they get that of their neighbours"
        )
    return remarks
