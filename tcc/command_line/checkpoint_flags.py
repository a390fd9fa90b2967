"""Flags of every command that reads a trained model."""

from absl import flags

LOGDIR = flags.DEFINE_string("logdir", None, "Log folder of the training run.")
CHECKPOINT = flags.DEFINE_string(
    "checkpoint", None, "Step or name of a checkpoint; default: the newest."
)
DATASETS = flags.DEFINE_list(
    "datasets", None, "Names of prepared data sets; default: the run's."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir",
    None,
    "Folder of the prepared data sets; default: the run's, or that of "
    "configs/schema.py.",
)
