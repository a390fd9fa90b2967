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


def _group_in_itself(file):
    group = file.create_group("layers")
    group["again"] = group


def _deep(file):
    group = file
    for _ in range(300):
        group = group.create_group("g")


def _external_link(file):
    file["layers"] = h5py.ExternalLink("secret.h5", "/values")


def _external_link_inside(file):
    group = file.create_group("model_weights").create_group("layer")
    group["kernel"] = h5py.ExternalLink("secret.h5", "/values")


def _external_storage(file):
    file.create_dataset(
        "values", (3,), np.float64, external=[("secret.bin", 0, 24)]
    )


def _virtual(file):
    layout = h5py.VirtualLayout((3,), np.float64)
    layout[:] = h5py.VirtualSource("secret.h5", "values", (3,))
    file.create_virtual_dataset("values", layout)


def _odd_types(file):
    file["text"] = ["a", "b"]
    file["pairs"] = np.zeros(2, [("a", "i4"), ("b", "f4")])
    file["type"] = np.dtype("f4")
    file["empty"] = h5py.Empty("f4")


_STRUCTURES = {
    "dataset": (lambda f: f.update(model_weights=np.zeros(3)), "1 arrays"),
    "type": (lambda f: f.update(model_weights=np.dtype("f4")), "0 arrays"),
    "empty": (lambda f: None, "0 arrays"),
    "empty_group": (lambda f: f.create_group("model_weights"), "0 arrays"),
    "group_in_itself": (_group_in_itself, "0 arrays"),
    "deep": (_deep, "too many groups in groups"),
    "soft_link": (
        lambda f: f.update(model_weights=h5py.SoftLink("/nowhere")),
        "'model_weights' is a link",
    ),
    "soft_link_to_itself": (
        lambda f: f.update(layers=h5py.SoftLink("/layers")),
        "'layers' is a link",
    ),
    "external_link": (_external_link, "'layers' is a link"),
    "external_link_inside": (
        _external_link_inside,
        "'model_weights/layer/kernel' is a link",
    ),
    "external_storage": (_external_storage, "'values' are in other files"),
    "virtual": (_virtual, "'values' are in other files"),
    "odd_types": (_odd_types, "holds 3 arrays"),
}


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
@pytest.mark.parametrize(
    ("write", "match"), _STRUCTURES.values(), ids=_STRUCTURES.keys()
)
def test_any_structure_is_refused_by_name(tmp_path, write, match, suffix):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["values"] = np.zeros(3)
    path = tmp_path / f"any{suffix}"
    with h5py.File(path, "w") as file:
        write(file)
    with pytest.raises(ValueError, match=match) as error:
        _build(path, backbone="small")
    assert str(path) in str(error.value)


def _replace_arrays(path, make):
    """Puts others in the place of all arrays of a file of weights."""
    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(
            lambda name, item: (
                names.append(name) if isinstance(item, h5py.Dataset) else None
            )
        )
        for name in names:
            shape = file[name].shape
            del file[name]
            make(file, name, shape)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
@pytest.mark.parametrize(
    ("make", "match"),
    [
        (
            # Ten terabytes each, of which nothing is stored.
            lambda f, name, shape: f.create_dataset(
                name, (10**6, 10**6), "f8", chunks=(100, 100)
            ),
            "not 1000000000000",
        ),
        (lambda f, name, shape: f.update({name: ["text"]}), "fits none"),
        (
            lambda f, name, shape: f.update({name: h5py.Empty("f4")}),
            "fits none",
        ),
    ],
    ids=["terabytes", "text", "empty"],
)
def test_arrays_of_another_kind(tmp_path, suffix, make, match):
    path = tmp_path / f"small{suffix}"
    network = _build("none", backbone="small")
    network.save(path) if suffix == ".h5" else network.save_weights(path)
    _build(path, backbone="small")
    _replace_arrays(path, make)
    with pytest.raises(ValueError, match=match) as error:
        _build(path, backbone="small")
    assert str(path) in str(error.value)


def test_layer_names_that_are_no_names(tmp_path):
    path = tmp_path / "small.h5"
    _build("none", backbone="small").save(path)
    for value in (3, [1.5], "text", h5py.Empty("f4")):
        with h5py.File(path, "r+") as file:
            file["model_weights"].attrs["layer_names"] = value
        with pytest.raises(ValueError, match=f"{path} holds .* fits none"):
            _build(path, backbone="small")
