"""Reading small JSON files that may be damaged, or not ours at all."""

import json
import pathlib
from typing import Any

from tcc.io import limits, read_errors


def read(path: pathlib.Path, *, what: str, fix: str) -> Any:
    """Reads a JSON file.

    Args:
      path: of the file.
      what: it should be, such as "a results file".
      fix: a sentence that tells the user what to do when it is not.

    Returns:
      The parsed content, of any type.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is no regular file, too large, or not valid JSON; the
        message names the file.
    """
    path = pathlib.Path(path)  # and no etils path, whose stat differs
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        raise ValueError(f"{path} is not a file. {fix}")
    try:
        size = path.stat().st_size
        if size > limits.MAX_TEXT_BYTES:
            raise ValueError(f"it has {size:,} bytes")
        return json.loads(path.read_text(encoding="utf-8"))
    except read_errors.JSON as error:
        raise ValueError(
            f"{path} is not {what} that can be read: {_brief(error)}. {fix}"
        ) from error


def _brief(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "its values are nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, json.JSONDecodeError) and not error.doc.strip():
        return "it is empty"
    return str(error).rstrip(".")
