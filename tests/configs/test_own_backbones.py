import subprocess
import sys

import keras
import numpy as np
import pytest

from tcc import models
from tcc.configs import (
    own_backbones,
    own_parts,
    schema,
    serialization,
    validation,
)
from tests.models import small_configs

_MODULE = """
import keras
from tcc import models

def build(image_size):
    images = keras.Input((image_size, image_size, 3))
    x = keras.layers.Conv2D(5, 4, 4, name="patches")(images)
    return keras.Model(images, keras.layers.ReLU(name="out")(x))

models.register_backbone("patches", build, layer="out")
"""


def _build(image_size):
    images = keras.Input((image_size, image_size, 3))
    x = keras.layers.Conv2D(4, 8, 8, name="patches")(images)
    x = keras.layers.ReLU(name="out")(x)
    return keras.Model(images, keras.layers.GlobalMaxPooling2D()(x))


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(own_backbones.REGISTERED, "_registered", {})
    models.register_backbone("mine", _build, layer="out")


def test_a_registered_backbone_is_built_and_valid(registered, tmp_path):
    config = schema.ExperimentConfig()
    config.model = small_configs.model_config(backbone="mine")
    validation.validate(config)
    serialization.save(config, tmp_path)
    assert serialization.load(tmp_path) == config
    keras.utils.set_random_seed(0)  # some weights leave no ReLU active
    encoder = models.build_encoder(config.model, image_size=32, num_context=2)
    assert encoder.feature_shape == (4, 4, 4)
    frames = np.random.default_rng(0).uniform(-1, 1, (1, 3, 2, 32, 32, 3))
    assert encoder(frames).numpy().std() > 0
    config.model.backbone_layer = "patches"
    encoder = models.build_encoder(config.model, image_size=32, num_context=2)
    assert encoder.backbone.output.name != "out"


def test_weights_of_a_registered_backbone_are_loaded(registered, tmp_path):
    keras.utils.set_random_seed(3)
    trained = _build(32)
    trained.save_weights(tmp_path / "mine.weights.h5")
    config = small_configs.model_config(
        backbone="mine", weights=str(tmp_path / "mine.weights.h5")
    )
    encoder = models.build_encoder(config, image_size=32, num_context=1)
    np.testing.assert_array_equal(
        encoder.backbone.get_weights()[0], trained.get_weights()[0]
    )


def test_unknown_names_are_refused_with_all_that_there_are(registered):
    config = schema.ExperimentConfig()
    config.model = small_configs.model_config(backbone="yours")
    with pytest.raises(ValueError, match=r"small, mine\. Received: 'yours'"):
        validation.validate(config)
    with pytest.raises(ValueError, match=r"small, mine\. Received: 'yours'"):
        models.build_encoder(config.model, image_size=32, num_context=1)
    with pytest.raises(ValueError, match=r"none of resnet50v2.*'small'"):
        models.register_backbone("small", _build, layer="out")


def _install(folder, content):
    """Puts a package where Python finds it, as pip would."""
    (folder / "patch_net.py").write_text(content)
    info = folder / "patch_net-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: patch-net\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[tcc.backbones]\npatches = patch_net\n"
    )


def test_an_installed_package_brings_its_backbone(tmp_path):
    _install(tmp_path, _MODULE)
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "from tcc.configs import schema, validation\n"
        "config = schema.ExperimentConfig()\n"
        "config.model.backbone = 'patches'\n"
        "config.model.weights = 'none'\n"
        "validation.validate(config)\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'patch_net' not in sys.modules\n"
        "from tcc import models\n"
        "encoder = models.build_encoder(\n"
        "    config.model, image_size=16, num_context=2)\n"
        "assert encoder.feature_shape == (4, 4, 5), encoder.feature_shape\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_package_that_does_not_register_is_named(tmp_path, monkeypatch):
    _install(tmp_path, "")
    monkeypatch.syspath_prepend(tmp_path)
    fresh = own_parts.OwnParts(
        entry_points="tcc.backbones",
        function="tcc.models.register_backbone",
        built_in=(),
    )
    assert fresh.names() == ["patches"]
    with pytest.raises(ValueError, match=r"patch_net must call tcc\.mod"):
        fresh.find("patches")
