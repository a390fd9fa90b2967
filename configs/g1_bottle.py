"""Real clips of a robot hand and a bottle, on a CPU: frozen MobileNetV2.

Prepare a folder with train/ and val/ as `video_folder/g1_bottle` first:

    python -m tcc.train --config=g1_bottle --logdir=runs/g1_bottle \
        --config.data.data_dir=data

The choices differ from the paper's because of the machine, not the method: a
frozen backbone at 112 pixels makes a step a second's work on two cores.
"""

from tcc.configs import schema, short_training


def get_config() -> schema.ExperimentConfig:
    """Returns the configuration behind docs/results.md."""
    config = schema.ExperimentConfig()
    config.data.datasets = ("video_folder/g1_bottle",)
    config.data.image_size = 112
    config.data.num_steps = 40  # the clips have 90 to 150 frames
    config.data.num_context = 2
    config.data.context_stride = 5  # half a second at 10 frames per second
    config.model.backbone = "mobilenetv2"
    config.model.weights = "bundled"
    config.model.train_base = "frozen"
    config.model.conv.capacity = 1
    config.model.conv.conv_channels = (128, 128)
    config.model.conv.fc_channels = (128, 128)
    short_training.shorten(config)
    config.train.max_steps = 500
    config.train.report_interval = 20
    config.train.keep_checkpoints = 10  # the untrained one too
    config.train.checkpoint_interval = 100
    config.train.image_interval = 100
    return config
