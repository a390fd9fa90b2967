"""The command that finds everything that is wrong with data, in one pass.

With --videos, and mostly --labels, it checks a folder of videos and its label
file before they are prepared; with --dataset a set that is prepared. Every
frame is decoded. The exit status is 1 when there are problems; remarks, such
as gaps between phases, are no problems.

Examples:
  python -m tcc.datasets.validate --videos=clips --labels=clips/labels.json
  python -m tcc.datasets.validate --dataset=video_folder/clips
"""

import pathlib
from collections.abc import Sequence

from absl import flags, logging

from tcc import command_line
from tcc.command_line import checkpoint_flags, data_flags, videos_flag
from tcc.configs import schema

for _flag in (
    "data_dir",
    "dataset",
    "label_names",
    "label_unit",
    "labels",
    "num_workers",
    "source_fps",
    "videos",
):
    flags.declare_key_flag(_flag)


def main(argv: Sequence[str]) -> int:
    """Checks what the flags say; returns 1 when there are problems."""
    del argv
    dataset, videos = data_flags.DATASET.value, videos_flag.VIDEOS.value
    if bool(dataset) == bool(videos):
        raise ValueError(
            "Give either --videos (and --labels) or --dataset. "
            f"Received: {'both' if dataset else 'neither'}."
        )
    logging.set_verbosity(logging.ERROR)  # TFDS tells how it works
    if dataset:
        from tcc.datasets.validating import prepared_checks  # TensorFlow: heavy

        data_dir = (
            checkpoint_flags.DATA_DIR.value or schema.DataConfig().data_dir
        )
        report = prepared_checks.check(dataset, data_dir)
    else:
        from tcc.datasets.validating import source_checks

        labels = data_flags.LABELS.value
        report = source_checks.check_folder(
            pathlib.Path(str(videos)).expanduser(),
            pathlib.Path(labels).expanduser() if labels else None,
            phase_names=data_flags.LABEL_NAMES.value or (),
            unit=data_flags.LABEL_UNIT.value,
            source_fps=data_flags.SOURCE_FPS.value,
            num_workers=data_flags.NUM_WORKERS.value,
        )
    print(report.describe())
    return 1 if report.problems else 0


def console() -> None:
    """Starts the command."""
    command_line.run(main)


if __name__ == "__main__":
    console()
