"""Results of an evaluation as tables: for the terminal and for reports."""

import dataclasses
import textwrap
from collections.abc import Mapping

import numpy as np

from tcc.evaluation.report.results import DatasetResult
from tcc.evaluation.tasks.task_result import TaskResult

_WIDTH = 100  # characters of a line of prose


@dataclasses.dataclass(frozen=True)
class Section:
    """The scores of one task.

    Attributes:
      task: its name.
      protocol: how the scores were computed, one sentence.
      rows: heading and cells of each score, a cell for each set of
        embeddings.
    """

    task: str
    protocol: str
    rows: list[tuple[str, list[str]]]


def sections(results: Mapping[str, DatasetResult]) -> list[Section]:
    """Returns the validation scores of each task.

    Args:
      results: what was evaluated, as "step 900" or "frame index" -> its
        results on one data set.
    """
    names = list(
        dict.fromkeys(name for r in results.values() for name in r.tasks)
    )
    found = []
    for name in names:
        tasks = [r.tasks.get(name, TaskResult()) for r in results.values()]
        headings: dict[str, str] = {}
        for task in tasks:
            headings |= _headings(name, task)
        rows = [
            (heading, [_cell(task, tag) for task in tasks])
            for tag, heading in headings.items()
        ]
        if rows:
            protocol: dict[str, object] = {}
            for task in reversed(tasks):
                protocol = task.protocol or protocol
            found.append(Section(name, describe_protocol(protocol), rows))
    return found


def remarks(results: Mapping[str, DatasetResult]) -> list[str]:
    """Returns warnings, notes and reasons for missing scores, each once.

    Args:
      results: as of `sections`.
    """
    found = []
    for name, result in results.items():
        for task_name, task in result.tasks.items():
            if task.skipped:
                found.append(f"{name}: {task_name} skipped: {task.skipped}")
            found += [f"{name}: {note}" for note in task.notes]
        found += [f"{name}: {text}" for text in result.warnings]
    return list(dict.fromkeys(found))


def state(result: DatasetResult) -> str:
    """Returns the worst state of the splits, for a cell of a table."""
    words = [s.status for s in result.health.values() if s.status != "ok"]
    if any(state.untrained for state in result.health.values()):
        words.insert(0, "untrained")
    return ", ".join(dict.fromkeys(words)).upper() or "ok"


def table(results: Mapping[str, DatasetResult]) -> str:
    """Returns results as text, one column for each set of embeddings.

    Args:
      results: as of `sections`.

    Returns:
      For each task its protocol and a line per score; then one line per
      warning, note and reason for a missing score.
    """
    lines: list[list[str] | str] = [["", *results]]
    for section in sections(results):
        lines.append("")
        lines += textwrap.wrap(
            f"{section.task}: {section.protocol}".removesuffix(": "),
            _WIDTH,
            subsequent_indent="    ",
        )
        lines += [[f"  {head}", *cells] for head, cells in section.rows]
    lines += ["", ["embeddings", *map(state, results.values())]]
    columns = zip(*(x for x in lines if isinstance(x, list)), strict=True)
    widths = [max(map(len, column)) for column in columns]
    text = [
        line
        if isinstance(line, str)
        else "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*text, *remarks(results)])


def describe_protocol(protocol: Mapping[str, object]) -> str:
    """Returns a protocol as one line of text."""
    words = []
    for name, value in protocol.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        words.append(f"{name.replace('_', ' ')}: {shown}")
    return "; ".join(words)


def _headings(name: str, task: TaskResult) -> dict[str, str]:
    """Returns tag -> heading of the scores to show."""
    if task.headings:
        return task.headings
    tag = next((t for t, v in task.scalars.items() if v == task.score), "")
    return {tag: name} if tag else {}


def _cell(task: TaskResult, tag: str) -> str:
    value = task.scalars.get(tag)
    if value is None:
        return "-"
    if not np.isfinite(value):
        return "undefined"
    low, high = task.intervals.get(tag, (float("nan"), float("nan")))
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"{value:.4f}"
    return f"{value:.4f} [{low:.3f}, {high:.3f}]"
