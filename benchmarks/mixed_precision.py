r"""What mixed precision costs in scores, over several seeds.

    python -m benchmarks.mixed_precision --config=demo \
        --config.data.data_dir=tcc_demo/data --config.train.max_steps=300 \
        --output=runs/precision

Trains and evaluates the same experiment in float32 and in mixed_bfloat16, with
which it also embeds. Runs that are in the output folder are not made again, and
one that was killed goes on at its last checkpoint.
"""

import copy
import pathlib
import statistics
from collections.abc import Sequence

from absl import flags

from benchmarks import compare_objectives
from tcc import command_line
from tcc.command_line import config_flag, output_flag

_PRECISIONS = ("float32", "mixed_bfloat16")
_COLUMNS = {
    "Kendall's tau": "Kendall's tau",
    "phase accuracy, 100% of the labels": "phase accuracy",
    "progression R2": "progression R²",
}


def main(argv: Sequence[str]) -> int:
    """Runs what is not there yet, and prints a table in Markdown."""
    del argv
    command_line.require(
        config=config_flag.CONFIG.value, output=output_flag.OUTPUT.value
    )
    rows = []
    num_seeds = flags.FLAGS.num_seeds  # of compare_objectives
    for seed in range(num_seeds):
        for precision in _PRECISIONS:
            config = copy.deepcopy(config_flag.CONFIG.value)
            config.train.mixed_precision = precision
            folder = pathlib.Path(str(output_flag.OUTPUT.value)) / precision
            folder.mkdir(parents=True, exist_ok=True)
            run = compare_objectives.run_once(config, "tcc", seed, str(folder))
            rows.append((precision, run["scores"]))
    print(table(rows))
    print(f"\nmean ± standard deviation over {num_seeds} seeds")
    return 0


def table(rows: Sequence[tuple[str, dict[str, float | None]]]) -> str:
    """Returns mean ± standard deviation of each precision, in Markdown.

    Args:
      rows: (precision, heading -> score) of each run; None is no valid score
        and is left out.
    """
    lines = [
        "| | " + " | ".join(_COLUMNS.values()) + " |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    for precision in dict(rows):
        cells = []
        for heading in _COLUMNS:
            values = [
                float(value)
                for name, scores in rows
                if name == precision and (value := scores[heading]) is not None
            ]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.fmean(values):.3f} ± {spread:.3f}")
        lines.append(f"| {precision} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    command_line.run(main)
