"""Fields of a configuration by their dotted paths."""

from typing import Any

_SHOWN = 200  # characters of a value in a message


def get_field(config: Any, path: str) -> Any:
    """Returns the field at a dotted `path`, such as "train.batch_size"."""
    for name in path.split("."):
        config = getattr(config, name)
    return config


def problem(path: str, allowed: str, value: Any) -> str:
    """Returns the line that says what is wrong with a field."""
    return f"config.{path} must be {allowed}. Received: {shorten(value)}"


def shorten(value: Any) -> str:
    """Returns the value as Python writes it, or the beginning of that."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]} …"
