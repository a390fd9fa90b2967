"""What the features in a cache depend on: where all is equal, so are they."""

import dataclasses
import hashlib
import json
from typing import Any

import numpy as np

from tcc import models
from tcc.configs import schema
from tcc.video import prepared
from tcc.video.planning import catalogue as catalogue_lib
from tcc.video.prepared import records

_FORMAT = 1  # of the files, and of how the features are computed
_DIGEST_LENGTH = 32  # hexadecimal digits of a folder's name


def num_variants(config: schema.FeatureCacheConfig) -> int:
    """Returns how many augmented variants are cached; 0 is none, plain frames.

    A single variant would be one augmentation for ever, which is none.
    """
    return config.variants if config.variants > 1 else 0


def describe(
    config: schema.ExperimentConfig,
    encoder: models.Encoder,
    catalogue: catalogue_lib.Catalogue,
) -> dict[str, Any]:
    """Describes a cache by everything that its features depend on.

    Args:
      config: the experiment.
      encoder: whose backbone makes the features.
      catalogue: of the videos of the experiment.

    Returns:
      Values for JSON; equal descriptions have equal features.
    """
    variants = num_variants(config.feature_cache)
    backbone = encoder.backbone
    return {
        "format": _FORMAT,
        "backbone": config.model.backbone,
        "layer": backbone.output_names[0],
        "weights": _hash_weights(backbone.weights),
        "compute_dtype": backbone.compute_dtype,
        "image_size": config.data.image_size,
        "feature_shape": list(encoder.feature_shape),
        "feature_grid": config.model.feature_grid,
        "dtype": config.feature_cache.dtype,
        "variants": variants,
        "augmentation": (
            dataclasses.asdict(config.data.augmentation) if variants else None
        ),
        "seed": config.train.seed if variants else None,
        "data": [
            _describe_data(name, config.data) for name in config.data.datasets
        ],
        "videos": _hash(catalogue.used_videos.tobytes()),
    }


def digest(description: dict[str, Any]) -> str:
    """Returns the name of the folder of a cache."""
    text = json.dumps(description, sort_keys=True)
    return _hash(text.encode())[:_DIGEST_LENGTH]


def _describe_data(name: str, config: schema.DataConfig) -> dict[str, Any]:
    """Describes the videos of a data set.

    The checksums that stand behind the records of its files tell any change
    of content, and take no reading of the content.
    """
    dataset = prepared.open_dataset(name, config.data_dir)
    table = dataset.locate(config.train_split)
    content = hashlib.sha256()
    for index, path in enumerate(table.paths):
        sums = records.read_checksums(path, table.offsets[table.files == index])
        content.update(sums.tobytes())
    return {
        "name": dataset.info.full_name,
        "split": config.train_split,
        "num_videos": len(table),
        "content": content.hexdigest(),
    }


def _hash_weights(weights: list[Any]) -> str:
    content = hashlib.sha256()
    for weight in weights:
        values = np.ascontiguousarray(weight.numpy())
        content.update(f"{values.shape} {values.dtype}".encode())
        content.update(values.tobytes())
    return content.hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
