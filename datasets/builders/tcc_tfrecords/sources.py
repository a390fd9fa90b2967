"""Lists the records of all files of a data set."""

from collections.abc import Mapping

from tcc.datasets.builders.tcc_tfrecords import parsing, scanning, shards


def list_records(
    files: shards.Shards,
    *,
    source_fps: float,
    fps: float | None,
    shorter_side: int | None,
    num_phases: int,
    skip_bad: bool,
    skipped: dict[str, str],
) -> Mapping[str, list[parsing.RecordSource]]:
    """Finds the records; none of them is read.

    Args:
      files: of each split.
      source_fps: frames per second of the records.
      fps: frames per second to keep; None keeps all.
      shorter_side: pixels of the kept frames; None keeps the size.
      num_phases: phases that the labels may have; 0 is any number.
      skip_bad: go on without what cannot be found in a damaged file.
      skipped: receives {file: reason} of those files.

    Returns:
      The records of each split.

    Raises:
      ValueError: when a file is damaged, unless `skip_bad`; or no record is
        left in a split.
    """
    found: dict[str, list[parsing.RecordSource]] = {}
    for split, paths in files.items():
        found[split] = []
        for path in paths:
            places = scanning.find_records(path)
            if places.problem and not skip_bad:
                raise ValueError(
                    f"{places.problem} --skip_bad goes on without it."
                )
            if places.problem:
                skipped[f"{path}, from record {len(places.offsets)}"] = (
                    places.problem
                )
            found[split] += [
                parsing.RecordSource(
                    path=path,
                    index=index,
                    offset=offset,
                    source_fps=source_fps,
                    fps=fps,
                    shorter_side=shorter_side,
                    num_phases=num_phases,
                )
                for index, offset in enumerate(places.offsets)
            ]
        if not found[split]:
            raise ValueError(
                f"The split {split!r} must have at least one record. Received: "
                f"{', '.join(map(str, paths))} without any."
            )
    return found
