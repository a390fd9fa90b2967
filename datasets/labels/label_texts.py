"""Reads label files as text, whatever program wrote them."""

import codecs
import collections
import json
import os
import pathlib
import re

from tcc.datasets import folder_entries

# Strings, and what opens, closes and follows keys.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?=(\s*:)?)|[{}\[\]]', re.DOTALL)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def read(path: pathlib.Path) -> str:
    """Reads a file in UTF-8, or in UTF-16 or UTF-32 as Windows writes them.

    Args:
      path: of the file.

    Returns:
      Its text without a byte order mark.

    Raises:
      FileNotFoundError: when there is no such file.
      ValueError: when it is no file, or no text in these encodings; the last
        without the path, which the caller names.
      OSError: when it cannot be read.
    """
    if not os.path.lexists(path):
        raise FileNotFoundError(f"There is no label file {path}.")
    folder_entries.require_file(path)
    data = path.read_bytes()
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotTextError(
            f"line {line} is not text in {codecs.lookup(encoding).name.upper()}"
            ": save the file as UTF-8"
        ) from error


class NotTextError(ValueError):
    """The bytes of a file are no text; the message does not name the file."""


def find_keys(text: str) -> dict[str, list[int]]:
    """Finds the outermost keys of a JSON object.

    Args:
      text: valid JSON.

    Returns:
      The lines, from 1, in which each key stands.
    """
    lines: dict[str, list[int]] = collections.defaultdict(list)
    depth = position = 0
    line = 1
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word in "{[":
            depth += 1
        elif word in "}]":
            depth -= 1
        elif depth == 1 and token[1]:
            line += text.count("\n", position, token.start())
            position = token.start()
            lines[json.loads(word, strict=False)].append(line)
    return lines
