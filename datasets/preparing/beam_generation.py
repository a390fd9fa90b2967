"""How builders make their videos on Apache Beam, on many machines.

Beam is an optional extra: `pip install 'temporal-cycle-consistency[beam]'`.
The machines read the sources' files and write the examples themselves, so
both must be in folders that all of them reach under the same path.
"""

import functools
import hashlib
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tcc.datasets.preparing import features, generation, video_record
from tcc.io import atomic_files


def pipeline_options(options: Sequence[str]) -> Any:
    """Parses the options of a Beam pipeline.

    Args:
      options: "runner=DirectRunner", "direct_num_workers=2" and so on.

    Returns:
      apache_beam's PipelineOptions.

    Raises:
      ValueError: when Apache Beam is not installed.
    """
    try:
        from apache_beam.options import pipeline_options as beam_options
    except ImportError as error:
        raise ValueError(
            "--beam_pipeline_options needs Apache Beam, which is not installed "
            f"({error}). Install it: "
            "pip install 'temporal-cycle-consistency[beam]'. Without it leave "
            "the flag out: --num_workers uses the processors of this machine."
        ) from error
    return beam_options.PipelineOptions(
        flags=[f"--{option}" for option in options]
    )


def generate(
    make: Callable[[Any], video_record.VideoRecord],
    sources: Sequence[generation.Source],
    *,
    skipped_folder: pathlib.Path,
    skip_bad: bool,
) -> Any:
    """Makes the examples of a split.

    Args:
      make: turns a source into a video; a function of a module.
      sources: the split's videos; they must be picklable.
      skipped_folder: receives a JSON file {origin: reason} for each video
        that is left out.
      skip_bad: go on without videos that cannot be read.

    Returns:
      A beam.PTransform to (key, example), as TFDS wants them.
    """
    import apache_beam as beam

    return (
        beam.Create(list(sources))
        | beam.Reshuffle()
        | beam.FlatMap(
            functools.partial(
                _make_example,
                make=make,
                skipped_folder=str(skipped_folder) if skip_bad else None,
            )
        )
    )


def _make_example(
    source: generation.Source,
    *,
    make: Callable[[Any], video_record.VideoRecord],
    skipped_folder: str | None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the example of a source, or notes that it is bad."""
    try:
        video = make(source)
    except ValueError as error:
        if skipped_folder is None:
            raise ValueError(
                f"{error} --skip_bad leaves such videos out."
            ) from error
        folder = pathlib.Path(skipped_folder)
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(source.origin.encode()).hexdigest()
        reason = {source.origin: str(error)}
        atomic_files.write_json(folder / f"{digest}.json", reason, indent=None)
        return
    yield source.name, features.to_example(video)
