"""Your own clips: a light embedder on cached features, in minutes on a CPU.

    python -m tcc.datasets.prepare --dataset=video_folder --videos=clips \
        --name=my_clips --data_dir=data
    python -m tcc.train --config=own_clips --logdir=runs/my_clips \
        --config.data.data_dir=data

`python -m tcc.align_videos` starts from these settings and adapts them to the
clips; docs/results.md compares them with others.
"""

from tcc.configs import g1_bottle_light, schema


def get_config() -> schema.ExperimentConfig:
    """Returns the configuration."""
    config = g1_bottle_light.get_config()
    config.data.datasets = ("video_folder/my_clips",)
    # Centered features are those that change in a clip: what the camera and
    # the room contribute is gone, and new clips of another camera fit.
    config.model.light.inputs = "both"
    config.train.batch_size = 8
    return config
