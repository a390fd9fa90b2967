"""Pretext tasks: one file each, behind one interface, in one registry.

`config.algorithm.name` chooses among them:

    alignment          temporal cycle-consistency, the paper
    sal                Shuffle and Learn
    tcn                time-contrastive networks
    classification     supervised, on phase labels
    combination        any weights of any of these
    alignment_sal_tcn  the original's combination of three

A new task is a file with an `Algorithm`, a line below, and a field of
`AlgorithmConfig` in `tcc.configs.schema` with its settings. One of your own,
without touching the package: `register_objective`.
"""

import keras

from tcc.algorithms import registry
from tcc.algorithms.algorithm import (
    Algorithm,
    Batch,
    EmbeddingObjective,
    LossAndMetrics,
)
from tcc.algorithms.alignment import Alignment
from tcc.algorithms.combination import Combination
from tcc.algorithms.registry import register as register_objective
from tcc.algorithms.shuffle_and_learn import ShuffleAndLearn
from tcc.algorithms.supervised import Supervised
from tcc.algorithms.time_contrastive import TimeContrastive
from tcc.configs import schema
from tcc.video.clip_spec import ClipSpec
from tcc.video.planning.training_data import TrainingData
from tcc.video.sampling import StepSampler

__all__ = [
    "Algorithm",
    "Alignment",
    "Batch",
    "ClipSpec",
    "Combination",
    "EmbeddingObjective",
    "LossAndMetrics",
    "ShuffleAndLearn",
    "StepSampler",
    "Supervised",
    "TimeContrastive",
    "TrainingData",
    "build_algorithm",
    "build_encoder",
    "clip_spec",
    "register_objective",
]

registry.BUILT_IN.update(
    {
        "alignment": Alignment,
        "sal": ShuffleAndLearn,
        "tcn": TimeContrastive,
        "classification": Supervised,
        "combination": Combination,
        "alignment_sal_tcn": Combination,
    }
)


def clip_spec(config: schema.ExperimentConfig) -> ClipSpec:
    """Returns what the configured task sees of a video.

    Raises:
      ValueError: there is no task of that name.
    """
    return registry.find(config.algorithm.name).clip_spec(config)


def build_encoder(config: schema.ExperimentConfig) -> keras.Model:
    """Returns the network that the configured task trains.

    Raises:
      ValueError: there is no task of that name.
    """
    return registry.find(config.algorithm.name).build_encoder(config)


def build_algorithm(
    config: schema.ExperimentConfig,
    encoder: keras.Model,
    data: TrainingData | None = None,
) -> Algorithm:
    """Returns the task that `config.algorithm.name` names.

    Args:
      config: the experiment.
      encoder: from `build_encoder`.
      data: the videos that it is trained on; None is those of `config`.

    Raises:
      ValueError: there is no task of that name.
    """
    found = registry.find(config.algorithm.name)
    if data is None:
        data = TrainingData(
            config.data,
            config.train.batch_size,
            found.clip_spec(config).min_seq_len,
        )
    return found(encoder, config, data)
