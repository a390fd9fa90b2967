"""Temporal Cycle-Consistency learning in TensorFlow 2 and Keras 3.

Importing `tcc` is cheap: it does not import TensorFlow. The parts are
imported by their full names, for example `from tcc import alignment`. Only
`tcc.load` is here, which imports what it needs when it is first asked for.
"""

import pathlib
from typing import Any

__version__ = "0.1.0"

# In a checkout, `configs/`, `datasets/` and `evaluation/` stand beside this
# folder; an installation has them inside it. Either way they are
# `tcc.configs`, `tcc.datasets` and `tcc.evaluation`.
_PACKAGE = pathlib.Path(__file__).resolve().parent
if not (_PACKAGE / "configs").is_dir():
    __path__.append(str(_PACKAGE.parent))


def __getattr__(name: str) -> Any:
    """Imports `tcc.load`, see `tcc.inference.load`."""
    if name == "load":
        from tcc.inference import load

        return load
    raise AttributeError(f"module 'tcc' has no attribute {name!r}")
