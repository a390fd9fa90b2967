"""Fields of a configuration by their dotted paths."""

from collections.abc import Mapping
from typing import Any

_SHOWN = 200  # characters of a value in a message


def get_field(config: Any, path: str) -> Any:
    """Returns the field at a dotted `path`, such as "train.batch_size"."""
    for name in path.split("."):
        config = getattr(config, name)
    return config


def set_fields(config: Any, values: Mapping[str, Any]) -> None:
    """Sets fields by their dotted paths, such as {"train.batch_size": 4}.

    Raises:
      ValueError: a path is not a field of the configuration.
    """
    for path, value in values.items():
        section, _, name = path.rpartition(".")
        try:
            owner = get_field(config, section) if section else config
            getattr(owner, name)  # setattr alone would make a new attribute
        except AttributeError as error:
            raise ValueError(
                f"config.{path} is not a field of the configuration. "
                f"Received: {value!r}"
            ) from error
        setattr(owner, name, value)


def problem(path: str, allowed: str, value: Any) -> str:
    """Returns the line that says what is wrong with a field."""
    return f"config.{path} must be {allowed}. Received: {shorten(value)}"


def shorten(value: Any) -> str:
    """Returns the value as Python writes it, or the beginning of that."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]} …"
