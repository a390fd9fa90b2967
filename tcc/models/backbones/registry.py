"""The backbones: networks from an image to a map of features.

All take images in [-1, 1]. A new backbone is a function that builds a Keras
functional model, and one entry in the registry below; those of users are
registered by `tcc.configs.own_backbones`.
"""

import dataclasses
import difflib
from collections.abc import Callable

import keras

from tcc.configs import own_backbones, schema
from tcc.models.backbones import bundled_weights, small, vggm, weight_files

# A network before it is cut, of an image size in pixels, weights (None or
# "imagenet") and whether it has its classifier.
_Build = Callable[[int, str | None, bool], keras.Model]


@dataclasses.dataclass(frozen=True)
class _Backbone:
    """How a backbone is built, and where it is cut unless told otherwise."""

    build: _Build
    layer: str
    pretrained: bool  # keras.applications has it, with classifier and weights


def _application(network: Callable[..., keras.Model]) -> _Build:
    """Returns how to build a network of keras.applications."""
    return lambda image_size, weights, include_top: network(
        weights=weights,
        include_top=include_top,
        input_shape=(image_size, image_size, 3),
    )


def _own(network: Callable[[int], keras.Model]) -> _Build:
    """Returns how to build a network that has no classifier or weights."""
    return lambda image_size, weights, include_top: network(image_size)


_BACKBONES = {
    "resnet50v2": _Backbone(
        build=_application(keras.applications.ResNet50V2),
        layer="conv4_block3_out",
        pretrained=True,
    ),
    # The last layer of stride 16 with few channels, 96. The 576 channels of
    # block_13_expand_relu, also of stride 16, are a function of these pixel
    # by pixel; the embedder's first convolution would cost six times as much.
    "mobilenetv2": _Backbone(
        build=_application(keras.applications.MobileNetV2),
        layer="block_12_add",
        pretrained=True,
    ),
    "vggm": _Backbone(
        build=_own(vggm.build), layer="conv4_2_relu", pretrained=False
    ),
    "small": _Backbone(
        build=_own(small.build), layer="relu3", pretrained=False
    ),
}


def build_backbone(
    config: schema.ModelConfig, *, image_size: int
) -> keras.Model:
    """Builds a backbone with its weights.

    Args:
        config: `backbone`, `backbone_layer` and `weights` are used.
        image_size: pixels, height and width of the images.

    Returns:
        A functional model from images [B, H, W, 3] float32 in [-1, 1] to
        features [B, h, w, c] of the compute dtype.

    Raises:
        ValueError: unknown backbone or layer, weights that do not fit, or
            "imagenet" or "bundled" for a backbone that has none.
        FileNotFoundError: the weights are not there or cannot be downloaded.
    """
    spec = _find(config.backbone)
    layer = config.backbone_layer or spec.layer
    if config.weights == "imagenet":
        return _cut(_imagenet(spec, config.backbone, image_size), layer)
    whole = spec.build(image_size, None, False)
    backbone = _cut(whole, layer)
    if config.weights == "none":
        return backbone
    candidates: dict[str, Callable[[], keras.Model]] = {
        f"{config.backbone} cut at {layer}": lambda: backbone,
        f"{config.backbone} without classifier": lambda: whole,
    }
    if spec.pretrained:
        candidates[f"{config.backbone} with classifier"] = lambda: spec.build(
            image_size, None, True
        )
    path = config.weights
    if path == "bundled":
        path = bundled_weights.find(config.backbone, layer)
    loaded = weight_files.load(candidates, path)
    return backbone if loaded is backbone else _cut(loaded, layer)


def _find(name: str) -> _Backbone:
    """Returns how the backbone of a name is built."""
    if name in _BACKBONES:
        return _BACKBONES[name]
    own = own_backbones.find(name)
    if own is None:
        known = ", ".join([*_BACKBONES, *own_backbones.names()])
        raise ValueError(
            f"model.backbone must be one of {known}. Received: {name!r}"
        )
    return _Backbone(build=_own(own.build), layer=own.layer, pretrained=False)


def _imagenet(spec: _Backbone, name: str, image_size: int) -> keras.Model:
    """Builds a network with the weights that Keras downloads."""
    if not spec.pretrained:
        raise ValueError(
            "model.weights must be 'none' (trained from scratch) or the path "
            f"of a weights file for model.backbone={name!r}, which has no "
            "ImageNet weights. Received: 'imagenet'"
        )
    try:
        return spec.build(image_size, "imagenet", False)
    except ValueError:
        raise  # an image size that the network does not take
    except Exception as error:  # Keras raises a bare Exception
        raise FileNotFoundError(
            f"The ImageNet weights of {name} could not be downloaded "
            f"({error}). Give a local file of keras.applications, "
            "--config.model.weights=PATH, or train from scratch, "
            "--config.model.weights=none"
        ) from error


def _cut(network: keras.Model, layer: str) -> keras.Model:
    """Returns the part of a network up to the output of a layer."""
    outputs = {
        candidate.name: candidate.output
        for candidate in network.layers
        if len(getattr(candidate.output, "shape", ())) == 4
    }
    if layer not in outputs:
        close = difflib.get_close_matches(layer, outputs, n=5, cutoff=0.3)
        raise ValueError(
            "model.backbone_layer must be the name of a layer of "
            f"{network.name} with outputs [B, h, w, c], such as "
            f"{', '.join(close or list(outputs)[-3:])}. Received: {layer!r}"
        )
    return keras.Model(
        network.inputs[0], outputs[layer], name=f"{network.name}_backbone"
    )
