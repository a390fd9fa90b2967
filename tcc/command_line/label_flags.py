"""Flags of every command that reads labels."""

from absl import flags

LABEL_NAMES = flags.DEFINE_list(
    "label_names",
    None,
    "Names of the phases, in order, for labels that name them.",
)
LABEL_UNIT = flags.DEFINE_string(
    "label_unit",
    None,
    "Unit of the times of a label table: seconds (default), milliseconds, "
    "microseconds or frames.",
)
