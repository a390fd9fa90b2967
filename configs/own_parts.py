"""What users add to the package under a name: backbones, objectives.

In the same process they call a function, `tcc.models.register_backbone` for
example. For the commands an installed package announces the module that calls
it, in its pyproject.toml:

    [project.entry-points."tcc.backbones"]
    my_net = "my_package.my_net"

The names are known without importing that module. Does not import TensorFlow.
"""

import functools
import importlib
import importlib.metadata
from typing import Generic, TypeVar

_Part = TypeVar("_Part")


class OwnParts(Generic[_Part]):
    """Parts of one kind, by their names."""

    def __init__(
        self, *, entry_points: str, function: str, built_in: tuple[str, ...]
    ) -> None:
        """Starts without any.

        Args:
          entry_points: group in which packages announce theirs.
          function: full name of the function that registers one, for messages.
          built_in: names that the package has itself.
        """
        self._entry_points = entry_points
        self._function = function
        self._built_in = built_in
        self._registered: dict[str, _Part] = {}

    def register(self, name: str, part: _Part) -> None:
        """Adds a part, or replaces the one added under the same name.

        Raises:
          ValueError: the name is one of the package's own.
        """
        if name in self._built_in:
            raise ValueError(
                f"name must be none of {', '.join(self._built_in)}. "
                f"Received: {name!r}"
            )
        self._registered[name] = part

    def names(self) -> list[str]:
        """Returns the names that are registered or announced by a package."""
        return sorted({*self._registered, *self._announced})

    def find(self, name: str) -> _Part | None:
        """Returns a part of `names`, None for others.

        Raises:
          ValueError: the package that announces it does not register it.
        """
        if name not in self._registered and name in self._announced:
            module = self._announced[name]
            importlib.import_module(module)
            if name not in self._registered:
                there = ", ".join(self._registered) or "none"
                raise ValueError(
                    f"{module} must call {self._function}({name!r}, …) when it "
                    "is imported, as its package announces under "
                    f"{self._entry_points}. Received: {there}"
                )
        return self._registered.get(name)

    @functools.cached_property
    def _announced(self) -> dict[str, str]:
        """{name: module} of the installed packages."""
        found = importlib.metadata.entry_points(group=self._entry_points)
        return {point.name: point.module for point in found}
