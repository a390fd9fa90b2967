"""Reads files with the phases of videos.

The JSON format is that of the original's tools:

    {"<video>": {"<annotator>": {"0": [start, end], "1": [start, end]}}}

Keys of the innermost object are phases from 0, or their names where names are
given; times are microseconds since the video's first frame. A phase that does
not occur is left out, or has equal start and end.
"""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from tcc.datasets import annotations

_MICROSECOND = 1e-6  # in seconds
_LONGEST = 1e15  # microseconds; about 30 years
_SHAPE = '{"video": {"annotator": {"0": [start_us, end_us], ...}}}'


@dataclasses.dataclass(frozen=True)
class LabelFile:
    """The contents of a label file.

    Attributes:
      segments: of each video whose entry is good, by its key in the file.
      problems: of each other entry, by its key: what is wrong and how to mend
        it.
    """

    segments: dict[str, list[annotations.Segment]]
    problems: dict[str, str]


def read_json(
    path: pathlib.Path, *, phase_names: Sequence[str] = ()
) -> LabelFile:
    """Reads a label JSON.

    Args:
      path: of the file.
      phase_names: by index, for files that name phases.

    Returns:
      The segments of each video, annotators merged, in seconds.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is not JSON of the expected kind as a whole.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no label file {path}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is not valid JSON ({error}). Mend it there; labels have "
            f"the form {_SHAPE}."
        ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} must hold an object with videos as keys, {_SHAPE}. "
            f"Received: {_describe(content)}."
        )
    segments: dict[str, list[annotations.Segment]] = {}
    problems: dict[str, str] = {}
    for video, entry in content.items():
        try:
            segments[video] = annotations.merge_annotators(
                _parse_video(entry, phase_names)
            )
        except ValueError as error:
            problems[video] = f"{path}, video {video!r}: {error}"
    return LabelFile(segments, problems)


def _parse_video(
    entry: Any, phase_names: Sequence[str]
) -> dict[str, dict[int, tuple[float, float]]]:
    """Checks one video's entry; times become seconds."""
    if not isinstance(entry, dict) or not entry:
        raise ValueError(
            "must be an object with at least one annotator. "
            f"Received: {_describe(entry)}."
        )
    parsed = {}
    for annotator, phases in entry.items():
        if not isinstance(phases, dict) or not phases:
            raise ValueError(
                f"annotator {annotator!r} must have an object with at least "
                f"one phase. Received: {_describe(phases)}."
            )
        where = f"annotator {annotator!r}"
        parsed[annotator] = {
            parse_phase(phase, where, phase_names): _parse_span(
                f"{where}, phase {phase}", span
            )
            for phase, span in phases.items()
        }
        if len(parsed[annotator]) < len(phases):
            raise ValueError(
                f"{where} has a phase by name and by number. "
                f"Received: {_describe(list(phases))}."
            )
    return parsed


def parse_phase(phase: str, where: str, phase_names: Sequence[str]) -> int:
    """Reads a phase that is given by its number or its name.

    Args:
      phase: as it stands in the file.
      where: in the file, for error messages.
      phase_names: by index; () knows no names.

    Raises:
      ValueError: when it is neither.
    """
    if phase in phase_names:
        return phase_names.index(phase)
    # isdecimal alone lets other scripts' digits in, which int() reads too.
    if not (phase.isascii() and phase.isdecimal() and len(phase) <= 4):
        known = (
            f"or one of {', '.join(phase_names)}"
            if phase_names
            else "or, with --label_names, a name"
        )
        raise ValueError(
            f"{where} has a phase that is not a number from 0, {known}. "
            f"Received: {phase!r}."
        )
    number = int(phase)
    if phase_names and number >= len(phase_names):
        raise ValueError(
            f"{where} has a phase that is not below {len(phase_names)}, the "
            f"number of names ({', '.join(phase_names)}). "
            f"Received: {number}."
        )
    return number


def _parse_span(where: str, span: Any) -> tuple[float, float]:
    numbers = (
        isinstance(span, list)
        and len(span) == 2
        and all(isinstance(time, int | float) for time in span)
        and not any(isinstance(time, bool) for time in span)
    )
    # The comparison also refuses NaN, and integers too large for a float.
    if not numbers or not all(abs(time) < _LONGEST for time in span):
        raise ValueError(
            f"{where} must be [start, end] in microseconds. "
            f"Received: {_describe(span)}."
        )
    start, end = (float(time) for time in span)
    if not 0 <= start <= end:
        raise ValueError(
            f"{where} must have 0 <= start <= end. Received: {span}."
        )
    return start * _MICROSECOND, end * _MICROSECOND


def _describe(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
