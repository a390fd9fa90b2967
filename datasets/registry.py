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
_MODULES = {
    "penn_action": "tcc.datasets.builders.penn_action.penn_action_dataset_builder",
    "pouring": "tcc.datasets.builders.pouring.pouring_dataset_builder",
    "pouring_synthetic": (
        "tcc.datasets.builders.pouring_synthetic.pouring_synthetic_dataset_builder"
    ),
    "tcc_tfrecords": (
        "tcc.datasets.builders.tcc_tfrecords.tcc_tfrecords_dataset_builder"
    ),
    "ucf101": "tcc.datasets.builders.ucf101.ucf101_dataset_builder",
    "video_folder": "tcc.datasets.builders.video_folder.video_folder_dataset_builder",
}


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
    if name not in _MODULES:
        raise ValueError(
            f"dataset must be one of {', '.join(sorted(_MODULES))}, perhaps "
            f"with a config behind a slash. Received: {dataset!r}."
        )
    create = importlib.import_module(_MODULES[name]).create
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
