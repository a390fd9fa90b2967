"""The command that prepares a data set, once, for training and evaluation.

    python -m tcc.datasets.prepare --dataset=pouring_synthetic/easy
    python -m tcc.datasets.prepare --dataset=video_folder --videos=clips \
        --labels=clips/labels.json --name=my_clips
"""

import pathlib
import time
from collections.abc import Sequence
from typing import Any

from absl import flags

from tcc import command_line

_DATASET = flags.DEFINE_string(
    "dataset", None, "What to prepare: a data set, or <data set>/<config>."
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", "~/tensorflow_datasets", "Folder of all prepared data sets."
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Prepare again a data set that is already there."
)
_SKIP_BAD = flags.DEFINE_bool(
    "skip_bad", False, "Leave out videos that cannot be read, and list them."
)
_WORKERS = flags.DEFINE_integer(
    "num_workers", None, "Processes; the number of cores if not given."
)
# What only some data sets take; see their `create`.
_ARGUMENTS = {
    "videos": flags.DEFINE_string(
        "videos",
        None,
        "video_folder: a folder of videos, or of train/ and val/.",
    ),
    "labels": flags.DEFINE_string(
        "labels", None, "video_folder: label JSON in the original TCC format."
    ),
    "name": flags.DEFINE_string(
        "name", None, "video_folder: how the prepared set is to be called."
    ),
    "label_names": flags.DEFINE_list(
        "label_names", None, "video_folder: names of the phases, in order."
    ),
    "fps": flags.DEFINE_float(
        "fps", None, "video_folder: frames per second to keep.", lower_bound=0
    ),
    "size": flags.DEFINE_integer(
        "size",
        None,
        "video_folder: shorter side of the kept frames in pixels; smaller "
        "frames stay as they are.",
    ),
    "val_fraction": flags.DEFINE_float(
        "val_fraction",
        None,
        "video_folder: share of the videos that is held out when the folder "
        "has no train/ and val/.",
    ),
    "split_seed": flags.DEFINE_integer(
        "split_seed", None, "video_folder: which videos are held out."
    ),
}


def main(argv: Sequence[str]) -> None:
    """Prepares what the flags say, and prints what is there then."""
    del argv
    if not _DATASET.value:
        raise ValueError("--dataset must be given. Received: none.")
    from tcc.datasets import preparation, summary  # TensorFlow: heavy

    start = time.monotonic()
    data_dir = pathlib.Path(_DATA_DIR.value).expanduser().resolve()
    folder = preparation.prepare(
        _create, data_dir=data_dir, overwrite=_OVERWRITE.value
    )
    seconds = time.monotonic() - start
    print(summary.describe(folder))
    print(f"Prepared in {seconds:.0f} s: {folder}")
    print(f"Contact sheet: {folder / preparation.CONTACT_SHEET}")
    print(f"Its name for training: {folder.parent.relative_to(data_dir)}")


def _create(data_dir: pathlib.Path):
    """Makes the builder that the flags ask for."""
    import os

    from tcc.datasets import generation, registry

    num_workers = _WORKERS.value
    if num_workers is None:
        num_workers = os.cpu_count() or 1
    arguments: dict[str, Any] = {
        name: flag.value
        for name, flag in _ARGUMENTS.items()
        if flag.value is not None
    }
    return registry.create_builder(
        _DATASET.value,
        data_dir=data_dir,
        options=generation.GenerationOptions(
            num_workers=num_workers,
            skip_bad=_SKIP_BAD.value,
            show_progress=True,
        ),
        arguments=arguments,
    )


def console() -> None:
    """Starts the command."""
    command_line.run(main)


if __name__ == "__main__":
    console()
