"""Finds everything that is damaged in a prepared data set."""

import numpy as np
import tensorflow as tf
import tqdm

from tcc.datasets.validating import source_checks
from tcc.video import prepared
from tcc.video.prepared import damaged_records, record_parsing, records


def check(
    dataset: str, data_dir: str, *, show_progress: bool = True
) -> source_checks.Report:
    """Reads every record and decodes every frame of a prepared set.

    Args:
      dataset: its name, as in `prepared.open_dataset`.
      data_dir: of the data set.
      show_progress: a bar on stderr.

    Returns:
      All that was found.

    Raises:
      FileNotFoundError: when the data set is not there.
      ValueError: when it is not in the prepared form.
    """
    opened = prepared.open_dataset(dataset, data_dir)
    report = source_checks.Report()
    for split in opened.info.splits:
        try:
            table = opened.locate(split)
        except (ValueError, FileNotFoundError) as error:
            report.problems.append(str(error))
            continue
        names: set[str] = set()
        for index in tqdm.tqdm(
            range(len(table)),
            desc=f"Checking {split}",
            unit="video",
            disable=not show_progress,
        ):
            where = f"{dataset}, split {split!r}, video {index}"
            try:
                fields = _read(table, index)
            except tf.errors.OpError as error:
                report.problems.append(
                    f"{where} is damaged ({error.message}). Prepare the data "
                    "set again."
                )
                continue
            name = fields["name"].numpy().decode("utf-8", "replace")
            if name in names:
                report.problems.append(f"{where}: there are two {name!r}.")
            names.add(name)
            found = find_problems(fields, len(opened.phase_names))
            report.problems += [
                f"{where} ({name!r}): {problem}" for problem in found
            ]
            report.num_videos += 1
            report.num_labelled += bool(np.any(fields["frame_labels"] >= 0))
    return report


def _read(table: records.RecordTable, index: int) -> dict[str, tf.Tensor]:
    path = table.paths[table.files[index]]
    record = records.read(tf.constant(path), table.offsets[index])
    return record_parsing.parse(record, table.fallback_names[index])


def find_problems(fields: dict[str, tf.Tensor], num_phases: int) -> list[str]:
    """Finds what is wrong with one video.

    Args:
      fields: of `record_parsing.parse`.
      num_phases: the number of phase names; 0 takes any phase.

    Returns:
      A sentence each.
    """
    problems = []
    labels = fields["frame_labels"].numpy()
    allowed = num_phases or np.inf
    bad = np.flatnonzero((labels < -1) | (labels >= allowed))
    if bad.size:
        problems.append(
            f"frame_labels must be -1, or phases from 0 and below {allowed}; "
            f"prepare it again. Received: {labels[bad[0]]} at frame {bad[0]}."
        )
    times = fields["timestamps"].numpy()
    if np.any(np.diff(times) <= 0):
        frame = int(np.flatnonzero(np.diff(times) <= 0)[0]) + 1
        problems.append(
            "timestamps must increase; prepare it again. "
            f"Received: {times[frame]} after {times[frame - 1]} s at frame "
            f"{frame}."
        )
    for index, picture in enumerate(fields["video"].numpy()):
        problem = damaged_records.decoding_problem(picture)
        if problem:
            problems.append(
                f"frame {index} cannot be decoded ({problem}); prepare it "
                "again."
            )
    return problems
