"""Flags of every command that works on data sets, prepared or not."""

import os

from absl import flags

from tcc.command_line import label_flags

LABEL_NAMES = label_flags.LABEL_NAMES
LABEL_UNIT = label_flags.LABEL_UNIT

DATASET = flags.DEFINE_string(
    "dataset", None, "A data set, or <data set>/<config>."
)
LABELS = flags.DEFINE_string(
    "labels",
    None,
    "video_folder, pouring, penn_action: label JSON in the original TCC "
    "format, or a table (.csv, .tsv); penn_action also a folder of "
    "<split>/<action>/<id>.npy.",
)
SOURCE_FPS = flags.DEFINE_float(
    "source_fps",
    None,
    "Frames per second of folders of pictures, TFRecords and penn_action "
    "(the last two: 30 without it); video files know their own.",
)
NUM_WORKERS = flags.DEFINE_integer(
    "num_workers",
    os.cpu_count() or 1,
    "Processes that make videos; 0 makes them in this one.",
    lower_bound=0,
)
