"""The command that shows what is in a prepared data set.

It prints statistics (lengths, durations of phases, missing phases, phases out
of order) and writes into the folder --output: contact_sheet.png, a picture of
frames and phases for the first videos of each split, the timelines of all
videos, and statistics.csv.

Example:
  python -m tcc.datasets.show --dataset=pouring_synthetic/easy --output=shown
"""

import pathlib
from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import checkpoint_flags, data_flags, output_flag
from tcc.configs import schema

for _flag in ("data_dir", "dataset", "output"):
    flags.declare_key_flag(_flag)

_PICTURES = flags.DEFINE_integer(
    "videos_per_split",
    6,
    "Videos of each split that get a picture of their own.",
    lower_bound=0,
)


def main(argv: Sequence[str]) -> None:
    """Shows what the flags say."""
    del argv
    command_line.require(
        dataset=data_flags.DATASET.value, output=output_flag.OUTPUT.value
    )
    logging.set_verbosity(logging.ERROR)  # TFDS tells how it works
    # TensorFlow: heavy.
    from tcc.datasets.showing import show_dataset
    from tcc.video import prepared

    data_dir = checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    dataset = prepared.open_dataset(str(data_flags.DATASET.value), data_dir)
    shown = show_dataset.show(
        dataset.folder, output, videos_per_split=_PICTURES.value
    )
    print(shown.text)
    print(f"Pictures, {shown.num_pictures} of them of videos: {output}")


def console() -> None:
    """Starts the command."""
    command_line.run(main)


if __name__ == "__main__":
    console()
