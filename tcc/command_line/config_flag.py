"""The flag of every command that takes an experiment."""

from ml_collections import config_flags

CONFIG = config_flags.DEFINE_config_file(
    "config",
    None,
    "Experiment file, such as configs/demo.py, or its name, such as demo or "
    "paper/pouring_resnet50_tcc (--config=paper lists these names); override "
    "its fields with --config.SECTION.FIELD=VALUE.",
)
