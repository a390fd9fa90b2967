"""Temporal Cycle-Consistency learning in TensorFlow 2 and Keras 3.

Importing `tcc` is cheap: it does not import TensorFlow. The parts are
imported by their full names, for example `from tcc import alignment`.
"""

import pathlib

__version__ = "0.1.0"

# In a checkout, `configs/`, `datasets/` and `evaluation/` stand beside this
# folder; an installation has them inside it. Either way they are
# `tcc.configs`, `tcc.datasets` and `tcc.evaluation`.
_PACKAGE = pathlib.Path(__file__).resolve().parent
if not (_PACKAGE / "configs").is_dir():
    __path__.append(str(_PACKAGE.parent))
