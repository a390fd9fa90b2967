"""Pretext tasks: one file each, behind one interface, in one registry."""

from collections.abc import Callable

import keras

from tcc.algorithms.algorithm import Algorithm, StepSampler
from tcc.algorithms.alignment import Alignment
from tcc.configs import schema

__all__ = ["Algorithm", "Alignment", "StepSampler", "build_algorithm"]

_REGISTRY: dict[
    str, Callable[[keras.Model, schema.ExperimentConfig], Algorithm]
] = {
    "alignment": lambda encoder, config: Alignment(
        encoder, config.algorithm.alignment
    ),
}


def build_algorithm(
    config: schema.ExperimentConfig, encoder: keras.Model
) -> Algorithm:
    """Returns the pretext task that `config.algorithm.name` names.

    Raises:
      ValueError: there is no task of that name.
    """
    name = config.algorithm.name
    if name not in _REGISTRY:
        raise ValueError(
            "config.algorithm.name must be one of "
            f"{', '.join(sorted(_REGISTRY))}. Received: {name!r}"
        )
    return _REGISTRY[name](encoder, config)
