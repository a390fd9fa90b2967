"""Fields of a configuration by their dotted paths."""

from typing import Any


def get_field(config: Any, path: str) -> Any:
    """Returns the field at a dotted `path`, such as "train.batch_size"."""
    for name in path.split("."):
        config = getattr(config, name)
    return config


def problem(path: str, allowed: str, value: Any) -> str:
    """Returns the line that says what is wrong with a field."""
    return f"config.{path} must be {allowed}. Received: {value!r}"
