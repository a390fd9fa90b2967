"""Other data sets than those of training, in a configuration that still fits.

Some settings have one entry for each of `data.datasets`. When only some data
sets are evaluated, or others, these settings must follow.
"""

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from tcc.configs import schema

_Entry = TypeVar("_Entry")


def choose(
    config: schema.ExperimentConfig, datasets: Sequence[str]
) -> schema.ExperimentConfig:
    """Returns a configuration with other data sets.

    Args:
      config: of a training run.
      datasets: names, in any order, of the configured data sets or of others.

    Returns:
      The configuration with `datasets`. Of `data.sampling_weights` and
      `algorithm.classification.num_classes` it has the entries of these data
      sets, or none at all where a data set is not a configured one.
    """
    classification = dataclasses.replace(
        config.algorithm.classification,
        num_classes=_follow(
            config.algorithm.classification.num_classes,
            config.data.datasets,
            datasets,
        ),
    )
    return dataclasses.replace(
        config,
        data=dataclasses.replace(
            config.data,
            datasets=tuple(datasets),
            sampling_weights=_follow(
                config.data.sampling_weights, config.data.datasets, datasets
            ),
        ),
        algorithm=dataclasses.replace(
            config.algorithm, classification=classification
        ),
    )


def _follow(
    entries: tuple[_Entry, ...], names: Sequence[str], chosen: Sequence[str]
) -> tuple[_Entry, ...]:
    """Returns the entries of the chosen names; () where one has none."""
    if len(entries) != len(names) or not set(chosen) <= set(names):
        return ()
    of_name = dict(zip(names, entries, strict=True))
    return tuple(of_name[name] for name in chosen)
