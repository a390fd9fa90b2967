"""Reads files with the phases of videos.

The JSON format is that of the original's tools:

    {"<video>": {"<annotator>": {"0": [start, end], "1": [start, end]}}}

Keys of the innermost object are phases from 0, or their names where names are
given; times are microseconds since the video's first frame. A phase that does
not occur is left out, or has equal start and end.
"""

import collections
import dataclasses
import functools
import json
import pathlib
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from tcc.datasets.labels import annotations, label_remarks, label_texts
from tcc.io import read_errors

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
      remarks: of good entries, by their keys: gaps, overlaps and the like,
        which were mended as the original does, and are worth a look.
      find_lines: returns the lines, from 1, in which an entry's key stands.
    """

    segments: dict[str, list[annotations.Segment]]
    problems: dict[str, str]
    remarks: dict[str, str] = dataclasses.field(default_factory=dict)
    find_lines: Callable[[str], Sequence[int]] = lambda key: ()

    def where(self, key: str) -> str:
        """Returns as " (line 3)"; "" when the line is not known."""
        lines = [str(line) for line in self.find_lines(key)]
        if not lines:
            return ""
        return f" (line{'s' if len(lines) > 1 else ''} {', '.join(lines)})"


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
    try:
        text = label_texts.read(path)
    except label_texts.NotTextError as error:
        raise ValueError(f"{path} is not valid JSON: {error}.") from error
    return parse_json(path, text, phase_names=phase_names)


def parse_json(
    path: pathlib.Path, text: str, *, phase_names: Sequence[str] = ()
) -> LabelFile:
    """Reads the text of a label JSON; see `read_json`.

    Args:
      path: of the file, for messages.
      text: of the file.
      phase_names: by index, for files that name phases.

    Raises:
      ValueError: when it is not JSON of the expected kind as a whole.
    """
    try:
        content = json.loads(text, object_pairs_hook=_Object)
    except read_errors.JSON as error:
        raise ValueError(
            f"{path} is not valid JSON ({error}). Mend it there; labels have "
            f"the form {_SHAPE}, or are a table (.csv, .tsv)."
        ) from error
    if not isinstance(content, _Object):
        raise ValueError(
            f"{path} must hold an object with videos as keys, {_SHAPE}. "
            f"Received: {_describe(content)}."
        )
    file = LabelFile({}, {}, find_lines=_line_finder(text))
    for video, entry in content.items():
        problems: list[str] = []
        if video in content.repeated:
            problems.append("it stands more than once: keep one entry")
        marked = _parse_video(entry, phase_names, problems)
        if problems:
            reasons = "\n  ".join(problems)
            file.problems[video] = (
                f"{path}, video {video!r}:{file.where(video)} {reasons}"
            )
            continue
        file.segments[video] = annotations.merge_annotators(marked)
        remarks = label_remarks.of_annotators(marked, phase_names=phase_names)
        if remarks:
            file.remarks[video] = "; ".join(remarks)
    return file


def _line_finder(text: str) -> Callable[[str], Sequence[int]]:
    """Returns a function that looks through the text when it is needed."""
    lines = functools.cache(lambda: label_texts.find_keys(text))
    return lambda key: lines().get(key, ())


class _Object(dict[str, Any]):
    """An object of a JSON file that knows which keys it had twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: set[str] = set()
        if len(self) < len(pairs):
            counts = collections.Counter(key for key, _ in pairs)
            self.repeated = {key for key, count in counts.items() if count > 1}


def _parse_video(
    entry: Any, phase_names: Sequence[str], problems: list[str]
) -> dict[str, dict[int, tuple[float, float]]]:
    """Reads one video's entry; times become seconds.

    Appends what is wrong to `problems`, all of it: who mends a file wants to
    know it at once.
    """
    if not isinstance(entry, _Object) or not entry:
        problems.append(
            "must be an object with at least one annotator. "
            f"Received: {_describe(entry)}."
        )
        return {}
    marked = {}
    for annotator, phases in entry.items():
        where = f"annotator {annotator!r}"
        if annotator in entry.repeated:
            problems.append(f"{where} stands more than once: keep one.")
        if not isinstance(phases, _Object) or not phases:
            problems.append(
                f"{where} must have an object with at least one phase. "
                f"Received: {_describe(phases)}."
            )
            continue
        marked[annotator] = _parse_phases(phases, where, phase_names, problems)
    return marked


def _parse_phases(
    phases: _Object,
    where: str,
    phase_names: Sequence[str],
    problems: list[str],
) -> dict[int, tuple[float, float]]:
    """Reads the phases of one annotator, as `_parse_video`."""
    spans: dict[int, tuple[float, float]] = {}
    for phase, span in phases.items():
        try:
            number = parse_phase(phase, where, phase_names)
            parsed = _parse_span(f"{where}, phase {phase}", span)
        except ValueError as error:
            problems.append(str(error))
            continue
        if number in spans or phase in phases.repeated:
            problems.append(
                f"{where} has phase {number} twice. "
                f"Received: {_describe(list(phases))}."
            )
        spans[number] = parsed
    return spans


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
    composed = [unicodedata.normalize("NFC", name) for name in phase_names]
    if composed.count(unicodedata.normalize("NFC", phase)) == 1:
        return composed.index(unicodedata.normalize("NFC", phase))
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
