"""The demo: rendered pouring videos, from scratch, in about two minutes."""

from tcc.configs import schema, short_training


def get_config() -> schema.ExperimentConfig:
    """Returns the configuration of `python -m tcc.demo`."""
    config = schema.ExperimentConfig()
    config.data.datasets = ("pouring_synthetic/easy",)
    config.data.image_size = 112
    config.data.num_context = 1
    config.data.augmentation.contrast = False
    config.data.augmentation.brightness = False
    config.data.augmentation.flip = True
    config.model.backbone = "small"
    config.model.weights = "none"
    config.model.train_base = "train_all"
    config.model.conv.capacity = 1
    config.model.conv.conv_channels = (128,)
    config.model.conv.fc_channels = (128,)
    config.model.conv.fc_dropout = 0.0
    short_training.shorten(config)
    config.train.max_steps = 1200
    config.train.report_interval = 50
    config.train.checkpoint_interval = 300
    config.train.image_interval = 300
    return config
