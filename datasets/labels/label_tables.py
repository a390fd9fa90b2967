"""Reads the phases of videos from a table.

A text file with a header line and the columns `video`, `start`, `end` and
`phase`, in any order, and perhaps `annotator` and `unit`; other columns are
left alone. Commas, semicolons or tabs part the columns (see `label_cells`):

    video,start,end,phase
    one.mp4,0,1.5,reach
    one.mp4,1.5,4.2,pour

A phase is a number from 0 or a name; frames are counted from 0, and `end` is
the first frame behind the phase. Where there is one annotator, a phase may
have several lines: it comes back.
"""

import collections
import dataclasses
import math
import pathlib
from collections.abc import Sequence

from tcc.datasets.labels import (
    annotations,
    label_cells,
    label_files,
    label_remarks,
    label_texts,
)

# Seconds of each unit; frames become seconds only in their video.
_SECONDS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6}
UNITS = (*_SECONDS, "frames")
DEFAULT_UNIT = "seconds"
_COLUMNS = ("video", "start", "end", "phase")
_KNOWN = (*_COLUMNS, "annotator", "unit")
_LONGEST = 1e9  # seconds or frames; about 30 years


@dataclasses.dataclass(frozen=True)
class _Row:
    annotator: str
    phase: int
    span: tuple[float, float]
    in_frames: bool


def read_any(
    path: pathlib.Path,
    *,
    phase_names: Sequence[str] = (),
    unit: str | None = None,
) -> label_files.LabelFile:
    """Reads a label table, or a label JSON; the first letter tells.

    Args:
      path: of the file.
      phase_names: by index, for files that name phases.
      unit: as in `read_csv`; a label JSON has none.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no label file as a whole.
    """
    is_json = path.suffix.lower() == ".json"
    try:
        text = label_texts.read(path)
    except label_texts.NotTextError as error:
        kind = "valid JSON" if is_json else "a valid CSV file in UTF-8"
        raise ValueError(f"{path} is not {kind}: {error}.") from error
    if not is_json and text.lstrip()[:1] != "{":
        return _parse(path, text, phase_names, unit)
    if unit is not None:
        raise ValueError(
            "--label_unit is of label tables (.csv); the times of a label JSON "
            f"are microseconds. Received: {unit!r} with {path}."
        )
    return label_files.parse_json(path, text, phase_names=phase_names)


def read_csv(
    path: pathlib.Path,
    *,
    phase_names: Sequence[str] = (),
    unit: str | None = None,
) -> label_files.LabelFile:
    """Reads a label table.

    Args:
      path: of the file.
      phase_names: by index, for tables that name phases.
      unit: of `start` and `end`, one of `UNITS`; None is that of the column
        `unit`, and seconds without it.

    Returns:
      The segments of each video, annotators merged.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no table of this kind as a whole.
    """
    try:
        text = label_texts.read(path)
    except label_texts.NotTextError as error:
        raise ValueError(
            f"{path} is not a valid CSV file in UTF-8: {error}."
        ) from error
    return _parse(path, text, phase_names, unit)


def _parse(
    path: pathlib.Path,
    text: str,
    phase_names: Sequence[str],
    unit: str | None,
) -> label_files.LabelFile:
    table = label_cells.parse(path, text, columns=_COLUMNS, known=_KNOWN)
    if unit is not None and "unit" in table.columns:
        raise ValueError(
            f"{path} has a column 'unit'; leave out --label_unit. "
            f"Received: {unit!r}."
        )
    rows: dict[str, list[_Row]] = collections.defaultdict(list)
    problems: dict[str, list[str]] = collections.defaultdict(list)
    lines: dict[str, list[int]] = {}
    for line, fields in table.rows:
        video = fields.get("video") or ""
        lines.setdefault(video, [line])
        try:
            row = _parse_row(fields, table, phase_names, unit)
            rows[video].append(row)
        except ValueError as error:
            problems[video].append(f"{path}, line {line}: {error}")
    file = label_files.LabelFile(
        {},
        {video: "\n".join(found) for video, found in problems.items()},
        find_lines=lambda video: lines.get(video, ()),
    )
    for video, given in rows.items():
        if video in problems:
            continue
        try:
            segments, remarks = _merge(given, phase_names)
        except ValueError as error:
            where = file.where(video)
            file.problems[video] = f"{path}, video {video!r}:{where} {error}"
            continue
        file.segments[video] = segments
        if remarks:
            file.remarks[video] = "; ".join(remarks)
    return file


def _parse_row(
    fields: label_cells.Fields,
    table: label_cells.Table,
    phase_names: Sequence[str],
    unit: str | None,
) -> _Row:
    if None in fields or any(fields.get(c) is None for c in _COLUMNS):
        raise ValueError(
            "must have as many fields as the header. A name or a number with "
            f"a {table.delimiter_name} needs quotes. "
            f"Received: {list(fields.values())}."
        )
    if not (fields["video"] or "").strip():
        raise ValueError("video must be a name. Received: ''.")
    given = (unit or (fields.get("unit") or "").strip() or DEFAULT_UNIT).lower()
    if given not in UNITS:
        raise ValueError(
            f"unit must be one of {', '.join(UNITS)}. Received: {given!r}."
        )
    phase = label_files.parse_phase(
        (fields["phase"] or "").strip(), "the line", phase_names
    )
    start, end = (
        _parse_number(fields[column] or "", column, table)
        for column in ("start", "end")
    )
    if not 0 <= start <= end:
        raise ValueError(
            f"phase {phase} must have 0 <= start <= end. "
            f"Received: {start:g} and {end:g}."
        )
    scale = _SECONDS.get(given, 1.0)
    return _Row(
        annotator=(fields.get("annotator") or "").strip(),
        phase=phase,
        span=(start * scale, end * scale),
        in_frames=given == "frames",
    )


def _parse_number(text: str, column: str, table: label_cells.Table) -> float:
    if "," in text and table.comma_problem:
        raise ValueError(
            f"{column} has a comma, and {table.comma_problem}. Write decimals "
            f"with a point. Received: {text!r}."
        )
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        number = math.nan
    if not abs(number) < _LONGEST * 1e6:  # refuses NaN, too
        raise ValueError(f"{column} must be a number. Received: {text!r}.")
    return number


def _merge(
    rows: Sequence[_Row], phase_names: Sequence[str]
) -> tuple[list[annotations.Segment], list[str]]:
    """Returns the segments of one video, and what is odd about them."""
    if len({row.in_frames for row in rows}) > 1:
        raise ValueError(
            "units must all be frames or all be times. Received: both."
        )
    unit = "frames" if rows[0].in_frames else "seconds"
    rows = list(dict.fromkeys(rows))  # a line that was pasted twice
    marked: dict[str, dict[int, tuple[float, float]]] = {}
    repeated = set()
    for row in rows:
        spans = marked.setdefault(row.annotator, {})
        if row.phase in spans:
            repeated.add(row.phase)
        spans[row.phase] = row.span
    if not repeated:
        merged = annotations.merge_annotators(marked)
        remarks = label_remarks.of_annotators(
            marked, phase_names=phase_names, unit=unit
        )
    elif len(marked) == 1:
        # Nothing to average, so a phase may come back.
        given = sorted(
            (annotations.Segment(row.phase, *row.span) for row in rows),
            key=lambda segment: (segment.start, segment.end),
        )
        merged = annotations.close_gaps(given)
        remarks = label_remarks.of_segments(
            given, phase_names=phase_names, unit=unit
        )
    else:
        raise ValueError(
            f"phase {min(repeated)} must stand once for each annotator: parts "
            "of a phase cannot be averaged. Keep the lines of one annotator. "
            f"Received: {len(marked)} annotators ({', '.join(marked)})."
        )
    return [dataclasses.replace(s, unit=unit) for s in merged], remarks
