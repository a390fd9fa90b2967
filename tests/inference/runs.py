"""Log folders of networks that were never trained, without data."""

import pathlib

import keras
import numpy as np

from tcc.configs import schema
from tests.evaluation import checkpoint_folders

VIDEO = (
    pathlib.Path(__file__).parents[1] / "data/g1_bottle/val/episode_000059.mp4"
)


def small_config(**model_fields) -> schema.ExperimentConfig:
    config = checkpoint_folders.small_config(pathlib.Path("unused"))
    for name, value in model_fields.items():
        setattr(config.model, name, value)
    return config


def random_frames(*shape: int, seed: int = 0) -> np.ndarray:
    """Returns uint8 [*shape, 3], smooth enough to survive resizing."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 255, (*shape[:-2], 6, 6, 3))
    return (
        np.asarray(
            keras.ops.image.resize(
                coarse.reshape(-1, 6, 6, 3), shape[-2:], interpolation="bicubic"
            )
        )
        .clip(0, 255)
        .astype(np.uint8)
        .reshape(*shape, 3)
    )
