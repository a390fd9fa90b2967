"""What the original system computed: the values in `tests/golden/`.

`index.json` there says of every case what was called with which settings.
"""

import functools
import json
import pathlib
from typing import Any

import numpy as np

_FOLDER = pathlib.Path(__file__).parent / "golden"


@functools.cache
def _archive(file: str) -> dict[str, np.ndarray]:
    with np.load(_FOLDER / file) as archive:
        return {key: archive[key] for key in archive.files}


def load(prefix: str, file: str = "golden.npz") -> dict[str, np.ndarray]:
    """The arrays of a case, keyed by what follows `prefix/`.

    Args:
      prefix: A case or part of one, such as "det/0" or "det/0/classification".
      file: "golden.npz", or "pretext.npz" for what PyTorch and Pillow compute.

    Returns:
      A dictionary of at least one array, which a caller may change.

    Raises:
      KeyError: Nothing is stored under `prefix`.
    """
    found = {
        key.removeprefix(f"{prefix}/"): values.copy()
        for key, values in _archive(file).items()
        if key.startswith(f"{prefix}/")
    }
    if not found:
        raise KeyError(f"No golden values under {prefix!r}")
    return found


@functools.cache
def _cases() -> dict[str, dict[str, Any]]:
    return json.loads((_FOLDER / "index.json").read_text())["cases"]


def settings(case: str) -> dict[str, Any]:
    """What a case was computed with, such as its temperature, and how."""
    return dict(_cases()[case])
