"""The command that prepares a data set, once, for training and evaluation.

Examples:
  python -m tcc.datasets.prepare --dataset=pouring_synthetic/easy
  python -m tcc.datasets.prepare --dataset=video_folder --videos=clips
      --labels=clips/labels.json --name=my_clips
"""

import os
import pathlib
import signal
import sys
import time
from collections.abc import Sequence

from absl import flags, logging

from tcc import checkpoint_flags, command_line, videos_flag
from tcc.configs import schema

flags.declare_key_flag("data_dir")
flags.declare_key_flag("videos")

_DATASET = flags.DEFINE_string(
    "dataset", None, "What to prepare: a data set, or <data set>/<config>."
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Prepare again a data set that is already there."
)
_SKIP_BAD = flags.DEFINE_bool(
    "skip_bad", False, "Leave out videos that cannot be read, and list them."
)
_WORKERS = flags.DEFINE_integer(
    "num_workers",
    os.cpu_count() or 1,
    "Processes that make videos; 0 makes them in this one.",
    lower_bound=0,
)
# What only some data sets take; see their `create`.
_ARGUMENTS = {
    "videos": videos_flag.VIDEOS,
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
    # A polite request to end cleans up, like Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    logging.set_verbosity(logging.ERROR)  # TFDS tells how it works
    # TensorFlow: heavy.
    from tcc.datasets import generation, preparation, summary

    start = time.monotonic()
    data_dir = (
        pathlib.Path(
            checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
        )
        .expanduser()
        .resolve()
    )
    folder = preparation.prepare(
        _DATASET.value,
        data_dir=data_dir,
        options=generation.GenerationOptions(
            num_workers=_WORKERS.value, skip_bad=_SKIP_BAD.value
        ),
        arguments={
            name: flag.value
            for name, flag in _ARGUMENTS.items()
            if flag.value is not None
        },
        overwrite=_OVERWRITE.value,
    )
    seconds = time.monotonic() - start
    print(summary.describe(folder))
    print(f"Prepared in {seconds:.0f} s: {folder}")
    print(f"Contact sheet: {folder / preparation.CONTACT_SHEET}")
    print(f"Its name for training: {folder.parent.relative_to(data_dir)}")


def console() -> None:
    """Starts the command."""
    command_line.run(main)


if __name__ == "__main__":
    console()
