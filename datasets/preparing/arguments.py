"""Checks of what the user gave that several data sets share."""

import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def config_name(
    dataset: str, config: str, name: str | None, default: str
) -> str:
    """Returns how a prepared set of the user's own files is called.

    Args:
      dataset: the data set.
      config: what stands behind its slash, or "".
      name: of the flag --name.
      default: without both.

    Raises:
      ValueError: when both are given and differ, or the name cannot be one
        of a folder.
    """
    called = config or name or default
    if config and name and config != name:
        raise ValueError(
            f"--name must be the config behind --dataset={dataset}/, if both "
            f"are given. Received: {config!r} and {name!r}."
        )
    if not _NAME.fullmatch(called):
        raise ValueError(
            "--name must be of letters, digits, '_', '-' and '.', not starting "
            f"with a sign. Received: {called!r}."
        )
    return called


def check_positive(**values: float | None) -> None:
    """Refuses numbers that are given and not positive and finite.

    Raises:
      ValueError: naming the flag.
    """
    for flag, value in values.items():
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"--{flag} must be positive. Received: {value}.")
