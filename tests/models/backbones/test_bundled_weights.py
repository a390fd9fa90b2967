import os
import pathlib

import numpy as np
import pytest

from tcc.configs import schema, validation
from tcc.models import backbones
from tcc.models.backbones import bundled_weights

_FULL = os.environ.get("TCC_TEST_WEIGHTS", "")


def _config(**changes):
    return schema.ModelConfig(
        **{"backbone": "mobilenetv2", "weights": "bundled", **changes}
    )


def _pictures(count=4, size=96):
    """Smooth coloured pictures in [-1, 1], as photographs are."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(-1, 1, (count, 6, 6, 3)).astype(np.float32)
    return coarse.repeat(size // 6, 1).repeat(size // 6, 2)


def test_the_bundled_network_is_a_pretrained_one():
    network = backbones.build_backbone(_config(), image_size=96)
    assert network.count_params() == 558_656
    features = network(_pictures()).numpy()
    assert features.shape == (4, 6, 6, 96)
    # Random weights fade out over 13 blocks without trained statistics.
    random = backbones.build_backbone(_config(weights="none"), image_size=96)
    assert features.std() > 10 * random(_pictures()).numpy().std()


@pytest.mark.skipif(
    not _FULL, reason="TCC_TEST_WEIGHTS=PATH of the whole weights is not set"
)
def test_features_are_those_of_the_whole_weights():
    ours = backbones.build_backbone(_config(), image_size=96)(_pictures())
    whole = backbones.build_backbone(_config(weights=_FULL), image_size=96)
    theirs = whole(_pictures()).numpy()
    error = np.sqrt(np.mean(np.square(ours - theirs))) / theirs.std()
    assert error < 0.03  # float16 has 11 bits, and 39 layers add up


def test_writing_rounds_to_float16_and_keras_reads_it_back(tmp_path):
    network = backbones.build_backbone(_config(weights="none"), image_size=32)
    path = tmp_path / "small.weights.h5"
    bundled_weights.write(network, path)
    copy = backbones.build_backbone(_config(weights=str(path)), image_size=32)
    for ours, theirs in zip(network.weights, copy.weights, strict=True):
        np.testing.assert_array_equal(
            np.asarray(ours).astype(np.float16).astype(np.float32),
            np.asarray(theirs),
        )


def test_licence_and_origin_come_with_them():
    folder = pathlib.Path(
        bundled_weights.find("mobilenetv2", "block_12_add")
    ).parent
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "google-coral" in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    "changes",
    ({"backbone": "small"}, {"backbone_layer": "block_6_expand_relu"}),
)
def test_other_networks_have_none(changes):
    with pytest.raises(ValueError, match="bundled"):
        backbones.build_backbone(_config(**changes), image_size=32)


def test_validation_refuses_them_for_another_backbone():
    config = schema.ExperimentConfig()
    config.model.weights = "bundled"
    with pytest.raises(ValueError, match=r"model\.backbone"):
        validation.validate(config)
