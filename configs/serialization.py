"""A configuration as JSON: written to the log folder, read by evaluation."""

import dataclasses
import pathlib
import typing
from typing import Any

from tcc.configs import schema, validation
from tcc.configs.checks import fields
from tcc.io import atomic_files, json_files, read_errors

CONFIG_FILE = "config.json"
_FIX = (
    "Restore it from a copy, or train again in a new log folder: nothing else "
    "says how the network was made."
)


def to_dict(config: Any) -> dict[str, Any]:
    """Returns the fields of a configuration as nested dictionaries."""
    return dataclasses.asdict(config)


def from_dict(values: dict[str, Any]) -> schema.ExperimentConfig:
    """Returns the configuration that `values` describe.

    Missing fields keep their defaults, so a log folder of an older version
    still loads.

    Raises:
      ValueError: a field is unknown, or has an impossible value.
    """
    config = _build(schema.ExperimentConfig, values, "")
    validation.validate(config)
    return config


def _build(kind: Any, values: Any, prefix: str) -> Any:
    """Fills the dataclass `kind`, section by section."""
    if not isinstance(values, dict):
        raise ValueError(
            f"config.{prefix.rstrip('.')} must be a section of fields. "
            f"Received: a {type(values).__name__}"
        )
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ValueError(
            f"config.{prefix}{unknown[0][:80]} is not a field; "
            f"config.{prefix}* has {', '.join(sorted(hints))}. "
            f"Received: {fields.shorten(values[unknown[0]])}"
        )
    arguments = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(hints[name]):
            value = _build(hints[name], value, f"{prefix}{name}.")
        elif isinstance(value, list):  # JSON knows no tuples
            value = tuple(value)
        arguments[name] = value
    return kind(**arguments)


def save(config: schema.ExperimentConfig, logdir: str | pathlib.Path) -> None:
    """Writes `config` to the log folder, which is made if it is missing."""
    folder = pathlib.Path(logdir)
    atomic_files.write_json(folder / CONFIG_FILE, to_dict(config), indent=2)


def load(logdir: str | pathlib.Path) -> schema.ExperimentConfig:
    """Reads the configuration of a log folder.

    Raises:
      FileNotFoundError: the folder has no configuration.
      ValueError: the file is not JSON, or not a configuration.
    """
    path = pathlib.Path(logdir) / CONFIG_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: {logdir} is not the log folder of a training "
            "run. Pass the folder that was given to `python -m tcc.train "
            "--logdir=…`."
        )
    content = json_files.read(path, what="a configuration", fix=_FIX)
    try:
        return from_dict(content)
    except (*read_errors.JSON, TypeError, OverflowError) as error:
        raise ValueError(
            f"{path} is not a configuration of this version: {error}\n{_FIX}"
        ) from error


def differences(
    old: schema.ExperimentConfig, new: schema.ExperimentConfig
) -> dict[str, tuple[Any, Any]]:
    """Returns {dotted field: (old value, new value)} where the two differ."""
    flat_old, flat_new = _flatten(to_dict(old)), _flatten(to_dict(new))
    return {
        path: (flat_old[path], flat_new[path])
        for path in flat_old
        if flat_old[path] != flat_new[path]
    }


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat
