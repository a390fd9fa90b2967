import os

import h5py
import keras
import numpy as np
import pytest

from tcc.models import backbones
from tests.models.small_configs import model_config

_SIZE = 64


def _mobilenet(seed, **changes):
    """MobileNetV2 with random weights, also in its normalisations."""
    network = keras.applications.MobileNetV2(
        weights=None,
        **{
            "include_top": False,
            "input_shape": (_SIZE, _SIZE, 3),
            **changes,
        },
    )
    rng = np.random.default_rng(seed)
    network.set_weights(
        [rng.uniform(0.5, 1.5, size=w.shape) for w in network.weights]
    )
    return network


def _build(path, **changes):
    config = model_config(
        **{"backbone": "mobilenetv2", "weights": str(path), **changes}
    )
    return backbones.build_backbone(config, image_size=_SIZE)


def _assert_from(backbone, network):
    """Every layer of the backbone has the weights of the network's."""
    layers = [layer for layer in backbone.layers if layer.weights]
    assert layers
    for layer in layers:
        expected = network.get_layer(layer.name).get_weights()
        for weight, value in zip(layer.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize(
    ("suffix", "include_top", "layer"),
    [
        (".weights.h5", False, ""),
        (".weights.h5", True, ""),
        (".weights.h5", True, "block_13_expand_relu"),
        (".h5", False, ""),
        (".h5", True, ""),
    ],
)
def test_whole_network(tmp_path, suffix, include_top, layer):
    network = _mobilenet(0, include_top=include_top)
    path = tmp_path / f"network{suffix}"
    if suffix == ".h5":
        network.save(path)  # the legacy format
    else:
        network.save_weights(path)
    _assert_from(_build(path, backbone_layer=layer), network)


@pytest.mark.parametrize("name", ["mobilenetv2", "small", "vggm"])
def test_own_cut_backbone(tmp_path, name):
    saved = _build("none", backbone=name)
    path = tmp_path / "backbone.weights.h5"
    saved.save_weights(path)
    loaded = _build(path, backbone=name)
    _assert_from(loaded, saved)
    assert loaded.layers[1] is not saved.layers[1]


def test_image_size_does_not_matter(tmp_path):
    network = _mobilenet(0, input_shape=(96, 96, 3))
    path = tmp_path / "network.weights.h5"
    network.save_weights(path)
    _assert_from(_build(path), network)


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    _build("none", backbone="small").save_weights(tmp_path / "a.weights.h5")
    _build("~/a.weights.h5", backbone="small")


def test_missing_file(tmp_path):
    path = tmp_path / "absent.weights.h5"
    with pytest.raises(
        FileNotFoundError, match=rf"{path}.*--config.model.weights=PATH"
    ):
        _build(path)


def test_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights file"):
        _build(tmp_path)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs"])
def test_not_hdf5(tmp_path, content):
    path = tmp_path / "broken.weights.h5"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{path} cannot be read as HDF5"):
        _build(path)


def test_truncated(tmp_path):
    path = tmp_path / "short.weights.h5"
    _build("none", backbone="small").save_weights(path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=str(path)):
        _build(path, backbone="small")


def test_other_suffix(tmp_path):
    path = tmp_path / "network.ckpt"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"weights\.h5 file of Keras 3"):
        _build(path)


def test_another_network(tmp_path):
    path = tmp_path / "vggm.weights.h5"
    _build("none", backbone="vggm").save_weights(path)
    with pytest.raises(ValueError) as raised:
        _build(path)
    # VGG-M: 7 convolutions without bias and their normalisations, 7 * 5.
    # MobileNetV2: 52 * 5 = 260; to block_12, 1 + 2 + 12 * 3 - ... = 37 * 5.
    message = str(raised.value)
    assert f"{path} holds 35 arrays" in message
    assert "without classifier: 260 arrays" in message
    assert "with classifier: 262 arrays" in message
    assert "--config.model.weights=PATH" in message


def test_same_count_of_other_shapes(tmp_path):
    network = _mobilenet(0, alpha=0.5)
    path = tmp_path / "half.weights.h5"
    network.save_weights(path)
    with pytest.raises(ValueError, match=r"260 arrays and fits none.*shape"):
        _build(path)


def test_hdf5_of_something_else(tmp_path):
    path = tmp_path / "other.weights.h5"
    with h5py.File(path, "w") as file:
        file["measurements"] = np.zeros(3)
    with pytest.raises(ValueError, match="holds 1 arrays and fits none"):
        _build(path)


def test_optimizer_in_the_file_is_left_out(tmp_path):
    saved = _build("none", backbone="small")
    saved.compile(optimizer="adam", loss="mse")
    saved.optimizer.build(saved.trainable_variables)
    path = tmp_path / "backbone.weights.h5"
    saved.save_weights(path)
    _assert_from(_build(path, backbone="small"), saved)


@pytest.mark.skipif(
    "TCC_TEST_WEIGHTS" not in os.environ,
    reason="TCC_TEST_WEIGHTS=PATH of ImageNet weights of MobileNetV2 1.0 224 "
    "with classifier is not set",
)
def test_real_imagenet_weights():
    path = os.environ["TCC_TEST_WEIGHTS"]
    network = keras.applications.MobileNetV2(weights=None)
    network.load_weights(path)
    _assert_from(_build(path), network)
