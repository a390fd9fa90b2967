"""The command that writes a prepared data set in formats for other programs.

--format=videos writes <output>/<split>/<video>.mp4, labels.json and labels.csv
(which prepare reads again), and videos.csv, which lists the videos.
--format=tfrecords writes <output>/<set>_tfrecords/<set>_<split>-0-of-1.tfrecord
as the original TCC code reads them.

Examples:
  python -m tcc.datasets.export --dataset=pouring_synthetic/easy
      --format=videos --output=exported
  python -m tcc.datasets.export --dataset=pouring_synthetic/easy
      --format=tfrecords --output=exported_tfrecords
"""

import pathlib
from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import (
    checkpoint_flags,
    data_flags,
    format_flag,
    output_flag,
)
from tcc.configs import schema

for _flag in ("data_dir", "dataset", "format", "output"):
    flags.declare_key_flag(_flag)


def main(argv: Sequence[str]) -> None:
    """Writes what the flags say, and says what was written."""
    del argv
    command_line.require(
        dataset=data_flags.DATASET.value,
        format=format_flag.FORMAT.value,
        output=output_flag.OUTPUT.value,
    )
    format_flag.check(["videos", "tfrecords"])
    logging.set_verbosity(logging.ERROR)  # TFDS tells how it works
    # TensorFlow: heavy.
    from tcc.datasets.exporting import export_dataset

    output = pathlib.Path(str(output_flag.OUTPUT.value)).expanduser()
    data_dir = checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
    export = (
        export_dataset.export_videos
        if format_flag.FORMAT.value == "videos"
        else export_dataset.export_tfrecords
    )
    print(export(data_flags.DATASET.value, output=output, data_dir=data_dir))


def console() -> None:
    """Starts the command."""
    command_line.run(main)


if __name__ == "__main__":
    console()
