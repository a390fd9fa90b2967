"""The command that prepares a data set, once, for training and evaluation.

Examples:
  python -m tcc.datasets.prepare --dataset=pouring_synthetic/easy
  python -m tcc.datasets.prepare --dataset=video_folder --videos=clips
      --labels=clips/labels.json --name=my_clips
  python -m tcc.datasets.prepare --dataset=pouring
      --source_dir=pouring_tfrecords
  python -m tcc.datasets.prepare --dataset=penn_action/golf_swing
      --source_dir=Penn_Action --labels=penn_action_labels
"""

import pathlib
import signal
import sys
import time
from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import (
    beam_flag,
    checkpoint_flags,
    data_flags,
    videos_flag,
)
from tcc.configs import schema

for _flag in (
    "data_dir",
    "videos",
    "dataset",
    "labels",
    "label_unit",
    "label_names",
    "source_fps",
    "num_workers",
    "beam_pipeline_options",
):
    flags.declare_key_flag(_flag)

_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Prepare again a data set that is already there."
)
_SKIP_BAD = flags.DEFINE_bool(
    "skip_bad", False, "Leave out videos that cannot be read, and list them."
)
# What only some data sets take; see their `create`.
_ARGUMENTS = {
    "videos": videos_flag.VIDEOS,
    "source_dir": flags.DEFINE_string(
        "source_dir",
        None,
        "pouring, tcc_tfrecords: the folder of the TFRecord files; "
        "penn_action: the unpacked Penn_Action.",
    ),
    "records": flags.DEFINE_list(
        "records",
        None,
        "tcc_tfrecords: patterns of files, 'train=PATTERN,val=PATTERN'.",
    ),
    "labels": data_flags.LABELS,
    "label_unit": data_flags.LABEL_UNIT,
    "split_by": flags.DEFINE_string(
        "split_by",
        None,
        "penn_action: 'set', its own train/test flag, or 'labels', the folders "
        "of the label files (default where there are some).",
    ),
    "name": flags.DEFINE_string(
        "name",
        None,
        "video_folder, tcc_tfrecords: how the prepared set is to be called.",
    ),
    "label_names": data_flags.LABEL_NAMES,
    "source_fps": data_flags.SOURCE_FPS,
    "fps": flags.DEFINE_float(
        "fps", None, "Frames per second to keep; default: all.", lower_bound=0
    ),
    "size": flags.DEFINE_integer(
        "size",
        None,
        "Shorter side of the kept frames in pixels; smaller frames stay as "
        "they are.",
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
    if not data_flags.DATASET.value:
        raise ValueError("--dataset must be given. Received: none.")
    # A polite request to end cleans up, like Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    logging.set_verbosity(logging.ERROR)  # TFDS tells how it works
    # TensorFlow: heavy.
    from tcc.datasets.preparing import beam_generation, generation, preparation
    from tcc.datasets.showing import summary

    start = time.monotonic()
    data_dir = (
        pathlib.Path(
            checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
        )
        .expanduser()
        .resolve()
    )
    folder = preparation.prepare(
        data_flags.DATASET.value,
        data_dir=data_dir,
        options=generation.GenerationOptions(
            num_workers=data_flags.NUM_WORKERS.value,
            skip_bad=_SKIP_BAD.value,
            use_beam=beam_flag.BEAM.value is not None,
        ),
        arguments={
            name: flag.value
            for name, flag in _ARGUMENTS.items()
            if flag.value is not None
        },
        overwrite=_OVERWRITE.value,
        beam_options=None
        if beam_flag.BEAM.value is None
        else beam_generation.pipeline_options(beam_flag.BEAM.value),
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
