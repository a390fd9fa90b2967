"""Impossible settings of the cache of features are refused."""

import pytest

from tcc.configs import schema, validation


def _config(**cache):
    config = schema.ExperimentConfig()
    config.model.train_base = "frozen"
    config.feature_cache = schema.FeatureCacheConfig(
        **({"enabled": True} | cache)
    )
    return config


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("variants", [0, 1, 8])
def test_good_settings_pass(dtype, variants):
    validation.validate(_config(dtype=dtype, variants=variants))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dtype", "float32", "config.feature_cache.dtype must be one of"),
        ("variants", -1, "config.feature_cache.variants must be 0 or more"),
        ("variants", 2.0, "config.feature_cache.variants must be of type int"),
        ("folder", "", "config.feature_cache.folder must be the path"),
        ("enabled", "yes", "config.feature_cache.enabled must be of type bool"),
    ],
)
def test_bad_values_are_refused(field, value, message):
    with pytest.raises(ValueError, match=message):
        validation.validate(_config(**{field: value}))


@pytest.mark.parametrize("train_base", ["only_bn", "train_all"])
def test_a_backbone_that_is_trained_is_refused(train_base):
    config = _config()
    config.model.train_base = train_base
    with pytest.raises(
        ValueError, match=r'config.model.train_base must be "frozen" with'
    ):
        validation.validate(config)
    config.feature_cache.enabled = False
    validation.validate(config)


def test_variants_need_an_augmentation():
    config = _config(variants=4)
    config.data.augmentation = schema.AugmentationConfig(
        flip=False, brightness=False, contrast=False
    )
    with pytest.raises(ValueError, match=r"config.feature_cache.variants must"):
        validation.validate(config)
    config.data.augmentation.noise_stddev = 0.1
    validation.validate(config)


def test_a_grid_below_zero_is_refused():
    config = schema.ExperimentConfig()
    config.model.feature_grid = -1
    with pytest.raises(ValueError, match=r"config.model.feature_grid must be"):
        validation.validate(config)
