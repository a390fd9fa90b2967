"""Which data sets can be prepared, and what each of them is made from.

A data set's module has `create(config, *, data_dir, options, **arguments)`,
which returns its builder. The names of its further arguments are those of
the command's flags; what it does not take is refused here, and a flag
without a default there is required.
"""

import importlib
import inspect
import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow_datasets as tfds

from tcc.datasets.preparing import generation

_FIXED = ("config", "data_dir", "options")
# Each has a folder of `tcc.datasets.builders`, and in it a module
# `<name>_dataset_builder`, as TFDS names them.
DATASETS = (
    "penn_action",
    "pouring",
    "pouring_synthetic",
    "tcc_tfrecords",
    "ucf101",
    "video_folder",
)


def create_builder(
    dataset: str,
    *,
    data_dir: pathlib.Path,
    options: generation.GenerationOptions,
    arguments: Mapping[str, Any],
) -> tfds.core.GeneratorBasedBuilder:
    """Makes the builder of a data set.

    Args:
      dataset: "<dataset>" or "<dataset>/<config>".
      data_dir: where it is to be prepared.
      options: how the videos are made.
      arguments: what the user gave for this data set, by flag.

    Returns:
      The builder.

    Raises:
      ValueError: when the data set is unknown, or an argument is missing or
        not among those that it takes.
    """
    name, _, config = dataset.partition("/")
    if name not in DATASETS:
        raise ValueError(
            f"dataset must be one of {', '.join(DATASETS)}, perhaps "
            f"with a config behind a slash. Received: {dataset!r}."
        )
    module = f"tcc.datasets.builders.{name}.{name}_dataset_builder"
    create = importlib.import_module(module).create
    parameters = inspect.signature(create).parameters
    taken = {key: p for key, p in parameters.items() if key not in _FIXED}
    for key in arguments:
        if key not in taken:
            known = ", ".join(f"--{other}" for other in taken) or "no options"
            raise ValueError(
                f"--{key} is not an option of the data set {name!r}, which "
                f"takes {known}. Received: {arguments[key]!r}."
            )
    for key, parameter in taken.items():
        if parameter.default is parameter.empty and key not in arguments:
            raise ValueError(
                f"The data set {name!r} needs --{key}. Received: none."
            )
    return create(config, data_dir=data_dir, options=options, **arguments)
