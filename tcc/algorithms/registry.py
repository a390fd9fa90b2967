"""The objectives by name: those of the package, and those of users."""

from tcc.algorithms.algorithm import Algorithm
from tcc.configs import own_objectives

# Filled by `tcc.algorithms`: combinations look up their parts here.
BUILT_IN: dict[str, type[Algorithm]] = {}


def find(name: str) -> type[Algorithm]:
    """Returns an objective by its name.

    Raises:
      ValueError: there is none of that name.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    own = own_objectives.find(name)
    if own is None:
        known = ", ".join(sorted([*BUILT_IN, *own_objectives.names()]))
        raise ValueError(
            f"config.algorithm.name must be one of {known}. Received: {name!r}"
        )
    return own


def register(name: str, objective: type[Algorithm]) -> None:
    """Adds an objective of one's own, or replaces one added under this name.

    Args:
      name: for `config.algorithm.name`; not one that the package has itself.
      objective: an `Algorithm`. If it is an `EmbeddingObjective`, it can be one
        of `config.algorithm.combination.objectives`.

    Raises:
      ValueError: the name is one of the package's own.
      TypeError: it is no `Algorithm`.
    """
    if not (isinstance(objective, type) and issubclass(objective, Algorithm)):
        raise TypeError(
            "objective must be a subclass of tcc.algorithms.Algorithm. "
            f"Received: {objective!r}"
        )
    own_objectives.register(name, objective)
