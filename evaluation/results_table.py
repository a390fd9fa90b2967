"""Results of an evaluation as a table of text."""

from collections.abc import Mapping

import numpy as np

from tcc.evaluation.results import DatasetResult
from tcc.evaluation.task_result import TaskResult, tag_name


def table(rows: Mapping[str, DatasetResult]) -> str:
    """Returns results as text, one line for each set of embeddings.

    Args:
      rows: what was evaluated, as "step 900" or "frame index" -> its results
        on one data set.

    Returns:
      A table of the validation scores, then one line per warning, note and
      reason for a missing score.
    """
    columns: list[str] = []
    for result in rows.values():
        for task in result.tasks.values():
            columns += [t for t in _val_tags(result, task) if t not in columns]
    lines = [["", *(_heading(tag) for tag in columns), "embeddings"]]
    remarks = []
    for name, result in rows.items():
        values: dict[str, float] = {}
        for task_name, task in result.tasks.items():
            values |= task.scalars
            if task.skipped:
                remarks.append(f"{name}: {task_name} skipped: {task.skipped}")
            remarks += [f"{name}: {note}" for note in task.notes]
        cells = [_cell(values.get(tag)) for tag in columns]
        lines.append([name, *cells, _state(result)])
        remarks += [f"{name}: {text}" for text in result.warnings]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.rjust(width) if 0 < i <= len(columns) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*text, *dict.fromkeys(remarks)])


def _val_tags(result: DatasetResult, task: TaskResult) -> list[str]:
    """Returns the tags of a task's scores on the evaluation split."""
    name, split = tag_name(result.dataset), list(result.health)[-1]
    marks = (f"/val_{name}_", f"/{name}_{split}_")
    return [tag for tag in task.scalars if any(m in tag for m in marks)]


def _heading(tag: str) -> str:
    """Returns a column's heading for a tag of the validation scores."""
    last = tag.rsplit("_", 1)[-1]
    if tag.startswith("kendalls_tau/"):
        headings = {
            "tau": "tau",
            "share": "valid pairs",
            "counted": "tau, invalid as 0",
        }
        return headings.get(last, tag)
    if tag.startswith("classification/"):
        return f"accuracy {float(tag.split('_')[-2]):.0%}"
    return tag


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if np.isfinite(value) else "undefined"


def _state(result: DatasetResult) -> str:
    """Returns the worst state of the splits, for a cell of the table."""
    words = [s.status for s in result.health.values() if s.status != "ok"]
    if any(state.untrained for state in result.health.values()):
        words.insert(0, "untrained")
    return ", ".join(dict.fromkeys(words)).upper() or "ok"
