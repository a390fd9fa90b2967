"""What an evaluation task gives back."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """Scores of one task on one data set.

    Attributes:
      score: the task's headline number, the one the original returns for
        `metrics/<data set>_<task>`; None when the task was skipped.
      scalars: TensorBoard tag -> value, with the original's tags.
      headings: tag -> what the score is called in tables, in their order;
        scalars without one stand in files only.
      intervals: tag -> bootstrap interval over the videos, 95 %.
      protocol: how the scores were computed: splits, stride, distance, counts.
      notes: sentences that a reader of the scores must see.
      skipped: why there are no scores; "" when there are.
      arrays: values for plots and reports, not written to results.json.
    """

    score: float | None = None
    scalars: dict[str, float] = dataclasses.field(default_factory=dict)
    headings: dict[str, str] = dataclasses.field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = dataclasses.field(
        default_factory=dict
    )
    protocol: dict[str, object] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: str = ""
    arrays: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Returns what results.json says of the task, without NaN."""
        return {
            "score": json_number(self.score),
            "scalars": {k: json_number(v) for k, v in self.scalars.items()},
            "intervals": {
                tag: [json_number(end) for end in ends]
                for tag, ends in self.intervals.items()
            },
            "protocol": self.protocol,
            "notes": list(self.notes),
            "skipped": self.skipped,
        }


def json_number(value: float | None) -> float | None:
    """Returns a finite number for JSON, None for NaN, infinity and None."""
    if value is None or not np.isfinite(value):
        return None
    return float(value)


def tag_name(dataset: str) -> str:
    """Returns a data set's name for use inside a TensorBoard tag.

    Args:
      dataset: for example "pouring_synthetic/easy"; a slash would start a new
        group in TensorBoard.
    """
    return dataset.replace("/", "_").replace(":", "_")
