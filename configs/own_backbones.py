"""Backbones that a user adds to those of `tcc.models.backbones`.

In the same process, before anything is built:

    from tcc import models
    models.register_backbone("my_net", build, layer="relu3")

For the commands, from an installed package that announces its module under
"tcc.backbones" (see `tcc.configs.own_parts`). An experiment then says
`config.model.backbone = "my_net"`. Does not import TensorFlow.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from tcc.configs import own_parts

BUILT_IN = ("resnet50v2", "vggm", "mobilenetv2", "small")


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


REGISTERED: own_parts.OwnParts[OwnBackbone] = own_parts.OwnParts(
    entry_points="tcc.backbones",
    function="tcc.models.register_backbone",
    built_in=BUILT_IN,
)
names = REGISTERED.names
find = REGISTERED.find


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
    REGISTERED.register(name, OwnBackbone(build, layer))
