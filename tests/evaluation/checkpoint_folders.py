"""Log folders of small runs, as training writes them."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from tcc.configs import schema, serialization
from tcc.training import checkpoints
from tests import conftest


def small_config(data_dir: pathlib.Path) -> schema.ExperimentConfig:
    config = conftest.small_experiment(data_dir, "tiny", channels=4)
    config.data.context_stride = 3
    config.eval.kendalls_tau_stride = 2
    config.eval.bootstrap_draws = 50
    config.eval.untrained_batches = 1
    return config


def write_checkpoints(
    logdir: pathlib.Path,
    config: schema.ExperimentConfig,
    steps: list[int],
    *,
    collapse: bool = False,
) -> None:
    """Writes a configuration and checkpoints of one random network."""
    serialization.save(config, logdir)
    keras.utils.set_random_seed(0)
    encoder = checkpoints.build_encoder(config)
    if collapse:  # the last layer answers with its bias alone
        last = encoder.trainable_variables[-2]
        assert last.shape[-1] == config.model.embedding_size
        last.assign(tf.zeros_like(last))
        bias = encoder.trainable_variables[-1]
        bias.assign(np.ones(bias.shape, np.float32))
    tree = tf.train.Checkpoint(algorithm=tf.train.Checkpoint(encoder=encoder))
    manager = tf.train.CheckpointManager(
        tree,
        str(checkpoints.checkpoint_folder(logdir)),
        max_to_keep=None,
        checkpoint_name="ckpt",
    )
    for step in steps:
        manager.save(checkpoint_number=step)
