import dataclasses

import keras
import pytest

from tcc import algorithms
from tcc.configs import schema


class StandInEncoder(keras.Model):
    """What objectives on embeddings need of an encoder: nothing."""


@pytest.fixture
def make_objective():
    """Makes an objective on embeddings of 8 channels, without an encoder."""

    def make(name: str, **sections) -> algorithms.Algorithm:
        config = schema.ExperimentConfig()
        config.model.embedding_size = 8
        config.algorithm = dataclasses.replace(
            config.algorithm, name=name, **sections
        )
        keras.utils.set_random_seed(0)
        return algorithms.build_algorithm(config, StandInEncoder())

    return make
