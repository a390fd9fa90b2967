"""Backbones that a user adds to those of `tcc.models.backbones`.

In the same process, before anything is built:

    from tcc import models
    models.register_backbone("my_net", build, layer="relu3")

For the commands, from an installed package that says in its pyproject.toml

    [project.entry-points."tcc.backbones"]
    my_net = "my_package.my_net"

and calls `register_backbone` when that module is imported. An experiment then
says `config.model.backbone = "my_net"`. Does not import TensorFlow.
"""

import dataclasses
import functools
import importlib.metadata
from collections.abc import Callable
from typing import Any

BUILT_IN = ("resnet50v2", "vggm", "mobilenetv2", "small")
ENTRY_POINTS = "tcc.backbones"


@dataclasses.dataclass(frozen=True)
class OwnBackbone:
    """A backbone that somebody registered.

    Attributes:
      build: of an image size in pixels; returns a functional Keras model from
        images [B, H, W, 3] in [-1, 1], with fresh weights.
      layer: name of the layer where it is cut unless told otherwise.
    """

    build: Callable[[int], Any]
    layer: str


_REGISTERED: dict[str, OwnBackbone] = {}


def register(name: str, build: Callable[[int], Any], *, layer: str) -> None:
    """Adds a backbone, or replaces one that was added under the same name.

    Args:
      name: for `model.backbone`; not one that the package has itself.
      build: called with the image size, pixels, height and width; returns a
        functional Keras model from images [B, H, W, 3] float32 in [-1, 1],
        with fresh weights: those of a checkpoint or of `model.weights` are
        loaded into it.
      layer: name of its layer whose outputs, [B, h, w, c], are the features
        unless `model.backbone_layer` names another.

    Raises:
      ValueError: the name is one of the package's own.
    """
    if name in BUILT_IN:
        raise ValueError(
            f"name must be none of {', '.join(BUILT_IN)}. Received: {name!r}"
        )
    _REGISTERED[name] = OwnBackbone(build, layer)


def names() -> list[str]:
    """Returns the names that are registered or announced by a package."""
    return sorted({*_REGISTERED, *_announced()})


def find(name: str) -> OwnBackbone | None:
    """Returns a backbone of `names`, None for others.

    Raises:
      ValueError: the package that announces it does not register it.
    """
    if name not in _REGISTERED and name in _announced():
        module = _announced()[name]
        importlib.import_module(module)
        if name not in _REGISTERED:
            raise ValueError(
                f"{module} must call tcc.models.register_backbone({name!r}, …)"
                f" when it is imported, as its package announces under "
                f"{ENTRY_POINTS}. Received: {', '.join(_REGISTERED) or 'none'}"
            )
    return _REGISTERED.get(name)


@functools.cache
def _announced() -> dict[str, str]:
    """Returns {backbone: module} of the installed packages."""
    found = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return {point.name: point.module for point in found}
