import zlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.models import backbones
from tests import golden_values
from tests.models.small_configs import model_config


def _set_golden_weights(model):
    """Sets the weights by the recipe of the golden case "resnet"."""
    for layer in model.layers:
        weights = []
        for i, weight in enumerate(layer.weights):
            seed = zlib.crc32(f"{layer.name}/{i}".encode()) & 0x7FFFFFFF
            # The recipe names NumPy's legacy generator.
            x = np.random.RandomState(seed).randn(*weight.shape)
            if weight.name == "kernel":
                x *= np.sqrt(1 / np.prod(weight.shape[:-1]))
            elif weight.name == "gamma":
                x = 1 + 0.1 * x
            elif weight.name == "moving_variance":
                x = 1 + 0.1 * np.abs(x)
            else:
                x = 0.1 * x
            weights.append(x)
        layer.set_weights(weights)


def test_resnet_is_the_originals():
    backbone = backbones.build_backbone(
        model_config(backbone="resnet50v2"), image_size=64
    )
    golden = golden_values.load("resnet")
    settings = golden_values.settings("resnet")
    assert backbone.count_params() == settings["num_params"]
    assert len(backbone.weights) == settings["num_variables"]
    _set_golden_weights(backbone)
    images = tf.constant(golden["in"])
    for training, key in ((False, "out_infer"), (True, "out_train")):
        np.testing.assert_allclose(
            backbone(images, training=training),
            golden[key],
            rtol=1e-4,
            atol=1e-4,
        )


@pytest.mark.parametrize(
    ("name", "channels"),
    [("resnet50v2", 1024), ("mobilenetv2", 96), ("vggm", 512), ("small", 128)],
)
def test_stride_is_16(name, channels):
    backbone = backbones.build_backbone(
        model_config(backbone=name), image_size=80
    )
    assert backbone.input_shape == (None, 80, 80, 3)
    assert backbone.output_shape == (None, 5, 5, channels)


def test_vggm_layers():
    backbone = backbones.build_backbone(
        model_config(backbone="vggm"), image_size=64
    )
    kernels = [
        (layer.kernel_size[0], layer.strides[0], layer.filters)
        for layer in backbone.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert kernels == [
        (7, 2, 64),
        *[(3, 1, channels) for channels in (128, 128, 256, 256, 512, 512)],
    ]
    norms = [
        layer
        for layer in backbone.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == 7


def test_mobilenet_cut_is_what_the_wider_layer_is_computed_from():
    wide = backbones.build_backbone(
        model_config(
            backbone="mobilenetv2", backbone_layer="block_13_expand_relu"
        ),
        image_size=64,
    )
    expand = wide.get_layer("block_13_expand")
    assert wide.output_shape == (None, 4, 4, 576)
    assert expand.kernel_size == (1, 1)
    assert expand.input is wide.get_layer("block_12_add").output


def test_unknown_backbone():
    with pytest.raises(ValueError, match=r"backbone.*vggm.*Received: 'vgg'"):
        backbones.build_backbone(model_config(backbone="vgg"), image_size=64)


@pytest.mark.parametrize("layer", ["relu9", "relu3_"])
def test_unknown_layer(layer):
    with pytest.raises(ValueError, match=rf"relu.*Received: '{layer}'"):
        backbones.build_backbone(
            model_config(backbone_layer=layer), image_size=64
        )


def test_layer_without_positions():
    with pytest.raises(ValueError, match=r"\[B, h, w, c\]"):
        # ResNet's classifier is not built, nor is it a place to cut.
        backbones.build_backbone(
            model_config(backbone="resnet50v2", backbone_layer="avg_pool"),
            image_size=64,
        )


@pytest.mark.parametrize("name", ["vggm", "small"])
def test_own_networks_have_no_imagenet_weights(name):
    with pytest.raises(ValueError, match=r"weights.*'none'.*'imagenet'"):
        backbones.build_backbone(
            model_config(backbone=name, weights="imagenet"), image_size=64
        )


@pytest.mark.parametrize("name", ["resnet50v2", "mobilenetv2"])
def test_failing_download_names_the_mend(name, monkeypatch):
    def fail(*args, **kwargs):
        # What keras.utils.get_file raises without a network.
        raise Exception("URL fetch failure on https://...: None")

    module = "resnet" if name == "resnet50v2" else "mobilenet_v2"
    monkeypatch.setattr(
        f"keras.src.applications.{module}.file_utils.get_file", fail
    )
    with pytest.raises(
        FileNotFoundError, match=rf"{name}.*URL fetch.*config\.model\.weights="
    ):
        backbones.build_backbone(
            model_config(backbone=name, weights="imagenet"), image_size=64
        )


def test_imagenet_loads_what_keras_downloads(monkeypatch, tmp_path):
    published = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(96, 96, 3)
    )
    path = tmp_path / "published.weights.h5"
    published.save_weights(path)
    monkeypatch.setattr(
        "keras.src.applications.mobilenet_v2.file_utils.get_file",
        lambda *args, **kwargs: str(path),
    )
    backbone = backbones.build_backbone(
        model_config(backbone="mobilenetv2", weights="imagenet"), image_size=64
    )
    for name in ("Conv1", "block_12_project"):
        np.testing.assert_array_equal(
            backbone.get_layer(name).kernel, published.get_layer(name).kernel
        )


def test_image_size_too_small_is_not_a_download_error():
    with pytest.raises(ValueError, match="at least 32x32"):
        backbones.build_backbone(
            model_config(backbone="resnet50v2", weights="imagenet"),
            image_size=16,
        )
