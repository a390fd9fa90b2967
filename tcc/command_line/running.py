"""What the commands share: how they start, and how they report bad input.

Errors that a user can mend (a bad flag, a missing file, an impossible value,
a full disk) end a command with one clear message and exit status 2; anything
else is a defect of ours and keeps its traceback.
"""

import dataclasses
import logging as std_logging
import os
import pathlib
import re
import sys
import typing
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from tcc.configs import schema
from tcc.io import write_errors

USER_ERRORS = (ValueError, OSError, FloatingPointError)

_CONFIG_FLAG = "--config="
# A published experiment, by name or as the file that each one once had.
_PUBLISHED = re.compile(r"paper/(\w*)|(?:.*/)?configs/paper/(\w+)\.py")


def run(main: Callable[[Sequence[str]], int | None]) -> None:
    """Parses the flags, runs `main`, and exits.

    Args:
      main: takes what is left of the command line behind the flags, the
        program's name first; returns an exit status or None.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only
    logging.get_absl_handler().addFilter(_is_ours)
    app.run(
        lambda arguments: _run_main(main, arguments), flags_parser=_parse_flags
    )


def require(**values: object) -> None:
    """Refuses to go on without the named flags.

    Raises:
      ValueError: naming the first flag that has no value.
    """
    for name, value in values.items():
        if value is None or value == "":
            raise ValueError(f"--{name}=… is required.")


def _is_ours(record: std_logging.LogRecord) -> bool:
    """Drops what TensorFlow Datasets logs of its own workings."""
    return "tensorflow_datasets" not in record.pathname


def _parse_flags(arguments: Sequence[str]) -> list[str]:
    arguments = [_resolve_config(argument) for argument in arguments]
    try:
        return flags.FLAGS(arguments)
    except KeyError as error:  # a field that the configuration does not have
        _exit_with(_explain_unknown_field(error.args[0], arguments))
    except (flags.Error, *USER_ERRORS, AttributeError, TypeError) as error:
        _exit_with(_without_traceback(str(error)))


def _resolve_config(argument: str) -> str:
    """Turns the name of an experiment in `--config` into its file.

    `--config=demo` becomes the file of that name in `tcc.configs`, and
    `--config=paper/NAME` becomes paper.py:NAME. What follows a colon, as in
    `--config=pouring:tcn,vggm`, goes to the experiment's `get_config`. Paths
    stay as they are.
    """
    name, colon, choices = argument.removeprefix(_CONFIG_FLAG).partition(":")
    if not argument.startswith(_CONFIG_FLAG):
        return argument
    from tcc import configs

    folder = pathlib.Path(str(configs.__file__)).parent
    published = _PUBLISHED.fullmatch(name)
    if published and not pathlib.Path(name).is_file():
        name = published[1] or published[2] or ""
        return f"{_CONFIG_FLAG}{folder}/paper.py:{name}{colon}{choices}"
    if not all(part.isidentifier() for part in name.split("/")):
        return argument
    known = _experiments_in(folder)
    if name not in known:
        _exit_with(
            f"{_CONFIG_FLAG}{name}: there is no experiment of that name. Pass "
            f"one of {', '.join(known)}, or paper/NAME (--config=paper lists "
            "the names), or your own file as --config=PATH.py."
        )
    return f"{_CONFIG_FLAG}{folder / name}.py{colon}{choices}"


def _experiments_in(folder: pathlib.Path) -> list[str]:
    """Returns the names of the files that define an experiment."""
    return sorted(
        path.stem
        for path in folder.glob("*.py")
        if "def get_config(" in path.read_text(encoding="utf-8")
    )


def _without_traceback(message: str) -> str:
    """Keeps of a ValueError in a configuration file what it says."""
    if "Error whilst parsing config file" not in message:
        return message
    _, found, reason = message.rpartition("\nValueError: ")
    return reason.strip() if found else message


def _explain_unknown_field(message: str, arguments: Sequence[str]) -> str:
    """Says which flag names the unknown field, and which fields exist."""
    match = re.search(r"Field (\w+) not found.*\.(\w+)'>", message)
    if not match:
        return message
    field, section = match.groups()
    fields = dataclasses.fields(getattr(schema, section))
    flag = next((a for a in arguments if f".{field}" in a), field)
    return (
        f"{flag}: {section} has no field {field!r}; it has "
        f"{', '.join(sorted(f.name for f in fields))}."
    )


def _run_main(
    main: Callable[[Sequence[str]], int | None], arguments: Sequence[str]
) -> int | None:
    if len(arguments) > 1:
        _exit_with(
            f"Unknown argument {arguments[1]!r}: flags start with --, and a "
            "pattern such as --videos='*.mp4' needs its quotes."
        )
    try:
        with write_errors.as_os_error(_written_to()):
            return main(arguments)
    except USER_ERRORS as error:
        _exit_with(error)


def _written_to() -> str:
    """Returns where the command writes, for errors that do not say it."""
    for name in ("output", "logdir"):
        if name in flags.FLAGS and flags.FLAGS[name].value:
            return str(flags.FLAGS[name].value)
    return "."


def _exit_with(message: object) -> typing.NoReturn:
    print(f"ERROR: {message}", file=sys.stderr)
    print("--help shows what this command takes.", file=sys.stderr)
    sys.exit(2)
