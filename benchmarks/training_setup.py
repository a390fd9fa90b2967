"""What a benchmark of training steps needs of `tcc.training.loop`."""

from collections.abc import Iterator
from typing import NamedTuple

import keras
import tensorflow as tf

from tcc import algorithms, feature_cache
from tcc.configs import schema
from tcc.training import checkpoints, optimizers
from tcc.training import step as step_lib
from tcc.video import input_pipeline


class Training(NamedTuple):
    """The objects of a run, as the training loop makes them.

    Attributes:
        algorithm: encoder and heads.
        optimizer: built for their variables.
        step: [] int64, steps made.
        steps: makes them.
    """

    algorithm: algorithms.Algorithm
    optimizer: keras.optimizers.Optimizer
    step: tf.Variable
    steps: step_lib.TrainSteps


def build(
    config: schema.ExperimentConfig, network: keras.Model | None = None
) -> Training:
    """Makes an experiment ready for its first step, on one device.

    Args:
        config: the experiment.
        network: is trained; None is the encoder of the experiment, with
            random weights drawn from its seed.
    """
    if network is None:
        keras.utils.set_random_seed(config.train.seed)
        network = checkpoints.build_encoder(config)
    algorithm = algorithms.build_algorithm(config, network)
    optimizer = optimizers.build_optimizer(
        config.optimizer, max_steps=config.train.max_steps
    )
    optimizer.build(algorithm.trainable_variables)
    step = tf.Variable(0, dtype=tf.int64)
    steps = step_lib.TrainSteps(
        algorithm, optimizer, step, config, tf.distribute.get_strategy()
    )
    return Training(algorithm, optimizer, step, steps)


def batches(
    config: schema.ExperimentConfig,
    features: feature_cache.FeatureCache | None = None,
) -> Iterator[dict[str, tf.Tensor]]:
    """Returns the training batches of an experiment, without end.

    Args:
        config: the experiment.
        features: cached features, read in place of frames.
    """
    return iter(
        input_pipeline.training_batches(
            config.data,
            batch_size=config.train.batch_size,
            seed=config.train.seed,
            features=features,
        )
    )
