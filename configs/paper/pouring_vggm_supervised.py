"""Pouring, Supervised classification; VGG-M, from scratch.

In the paper: phase classification 62.01, 77.67 and 88.41 % with 10, 50 and
100 % of the labels; phase progression R² .5529; Kendall's τ .5282.
"""

from tcc.configs import pouring, schema


def get_config() -> schema.ExperimentConfig:
    """Returns the experiment."""
    return pouring.get_config("supervised,vggm")
