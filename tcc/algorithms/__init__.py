"""Pretext tasks: one file each, behind one interface, in one registry.

`config.algorithm.name` chooses among them:

    alignment          temporal cycle-consistency, the paper
    sal                Shuffle and Learn
    tcn                time-contrastive networks
    classification     supervised, on phase labels
    combination        any weights of any of these
    alignment_sal_tcn  the original's combination of three

A new task is a file with an `Algorithm`, a line in `_REGISTRY`, its name in
`tcc.configs.checks.field_checks`, and its settings in `tcc.configs.schema`.
"""

import keras

from tcc.algorithms.algorithm import Algorithm, EmbeddingObjective, StepSampler
from tcc.algorithms.alignment import Alignment
from tcc.algorithms.combination import OBJECTIVES, Combination
from tcc.algorithms.shuffle_and_learn import ShuffleAndLearn
from tcc.algorithms.supervised import Supervised
from tcc.algorithms.time_contrastive import TimeContrastive
from tcc.configs import schema

__all__ = [
    "Algorithm",
    "Alignment",
    "Combination",
    "EmbeddingObjective",
    "ShuffleAndLearn",
    "StepSampler",
    "Supervised",
    "TimeContrastive",
    "build_algorithm",
    "build_encoder",
]

_REGISTRY: dict[str, type[Algorithm]] = {
    **OBJECTIVES,
    "combination": Combination,
    "alignment_sal_tcn": Combination,
}


def build_encoder(config: schema.ExperimentConfig) -> keras.Model:
    """Returns the network that the configured task trains.

    Raises:
      ValueError: there is no task of that name.
    """
    return _find(config).build_encoder(config)


def build_algorithm(
    config: schema.ExperimentConfig, encoder: keras.Model
) -> Algorithm:
    """Returns the task that `config.algorithm.name` names.

    Args:
      config: the experiment.
      encoder: from `build_encoder`.

    Raises:
      ValueError: there is no task of that name.
    """
    return _find(config)(encoder, config)


def _find(config: schema.ExperimentConfig) -> type[Algorithm]:
    name = config.algorithm.name
    if name not in _REGISTRY:
        raise ValueError(
            "config.algorithm.name must be one of "
            f"{', '.join(sorted(_REGISTRY))}. Received: {name!r}"
        )
    return _REGISTRY[name]
