"""Prepares data sets in tests, and reads them back."""

from tcc.datasets.preparing import generation, preparation
from tcc.datasets.showing import reading

QUIET = generation.GenerationOptions(show_progress=False)
SKIP_BAD = generation.GenerationOptions(show_progress=False, skip_bad=True)


def prepare(dataset, data_dir, *, options=QUIET, **arguments):
    """Prepares, and returns (builder, {split: {name: video}})."""
    folder = preparation.prepare(
        dataset,
        data_dir=data_dir,
        options=options,
        arguments={key: _text(value) for key, value in arguments.items()},
    )
    builder = reading.open_folder(folder)
    return builder, {
        split: {v.name: v for v in reading.iterate_videos(builder, split)}
        for split in builder.info.splits
    }


def _text(value):
    return value if isinstance(value, int | float | list | str) else str(value)
