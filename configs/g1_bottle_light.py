"""The clips of `g1_bottle` within a minute: cached features, light embedder.

    python -m tcc.train --config=g1_bottle_light --logdir=runs/g1_light \
        --config.data.data_dir=data

The first run passes every frame through the backbone once and keeps the
features (`config.feature_cache.folder`); later runs, with other seeds or
objectives, begin with them. docs/applications.md says what is given up against
the convolutional embedder of `g1_bottle`.
"""

from tcc.configs import g1_bottle, schema


def get_config() -> schema.ExperimentConfig:
    """Returns the configuration of `benchmarks/light_embedder.py`."""
    config = g1_bottle.get_config()
    config.data.num_context = 3  # a second; two know less of the motion
    config.model.feature_grid = 3
    config.model.embedder = "light"
    config.feature_cache.enabled = True
    config.train.max_steps = 1500
    config.train.report_interval = 100
    config.train.keep_checkpoints = 5
    config.train.checkpoint_interval = 500
    config.train.image_interval = 0
    return config
