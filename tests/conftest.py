"""What many tests share: a small prepared data set, and a small experiment."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from tcc.configs import schema


@pytest.fixture(scope="session")
def tiny_data_dir(tmp_path_factory) -> pathlib.Path:
    """A data folder with `pouring_synthetic/tiny`: 8 and 3 videos, 32 px."""
    from tcc.datasets.builders.pouring_synthetic import (
        pouring_synthetic_dataset_builder as builder,
    )

    folder = tmp_path_factory.mktemp("data")
    config = builder.PouringSyntheticConfig(
        name="tiny", num_videos=(("train", 8), ("val", 3)), image_size=32
    )
    builder.PouringSynthetic(
        data_dir=folder, config=config
    ).download_and_prepare()
    return folder


@pytest.fixture
def tiny_config(tiny_data_dir) -> schema.ExperimentConfig:
    """An experiment on the tiny data set whose steps take milliseconds."""
    return make_tiny_config(tiny_data_dir)


def small_experiment(
    data_dir: pathlib.Path, data_set: str, *, channels: int
) -> schema.ExperimentConfig:
    """A network of `channels` at 32 px, whose steps take milliseconds."""
    config = schema.ExperimentConfig()
    config.data.data_dir = str(data_dir)
    config.data.datasets = (data_set,)
    config.data.image_size = 32
    config.data.num_steps = 6
    config.model.backbone = "small"
    config.model.weights = "none"
    config.model.embedding_size = 8
    config.model.conv.capacity = 1
    config.model.conv.conv_channels = (channels,)
    config.model.conv.fc_channels = (channels,)
    return config


def make_tiny_config(tiny_data_dir: pathlib.Path) -> schema.ExperimentConfig:
    config = small_experiment(
        tiny_data_dir, "pouring_synthetic/tiny", channels=8
    )
    config.data.num_context = 1
    config.model.train_base = "train_all"
    config.train.max_steps = 6
    config.train.report_interval = 2
    config.train.image_interval = 0
    config.train.checkpoint_interval = 2
    return config
