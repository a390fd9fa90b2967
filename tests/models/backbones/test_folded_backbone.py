"""The folded backbone computes what the backbone does in inference."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.models import backbones
from tcc.models.backbones import folded_backbone
from tests.models.small_configs import model_config

_SIZE = 80


def _backbone(name):
    """Returns a backbone whose normalisations are not trivial."""
    keras.utils.set_random_seed(0)
    backbone = backbones.build_backbone(
        model_config(backbone=name), image_size=_SIZE
    )
    _randomize(backbone)
    return backbone


def _randomize(model):
    random = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(
                [
                    random.uniform(0.5, 1.5, weight.shape)
                    for weight in layer.weights
                ]
            )


def _images(size=_SIZE, count=2):
    return tf.random.stateless_uniform([count, size, size, 3], [1, 2], -1, 1)


def _count(model, kind):
    return sum(type(layer) is kind for layer in model.layers)


@pytest.mark.parametrize("name", ["resnet50v2", "mobilenetv2", "vggm", "small"])
def test_equals_the_backbone(name):
    backbone = _backbone(name)
    folded = folded_backbone.fold(backbone)
    assert _count(backbone, keras.layers.BatchNormalization) > 0
    assert _count(folded, keras.layers.BatchNormalization) == 0
    expected = backbone(_images(), training=False)
    scale = float(tf.math.reduce_std(expected))
    for training in (False, True):  # it has no batch statistics
        np.testing.assert_allclose(
            folded(_images(), training=training),
            expected,
            rtol=1e-4,
            atol=1e-4 * scale,
        )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["resnet50v2", "small"])
def test_equals_the_backbone_in_low_precision(name, policy):
    exact = _backbone(name)(_images(), training=False)
    keras.config.set_dtype_policy(policy)
    try:
        backbone = _backbone(name)
        folded = tf.function(folded_backbone.fold(backbone))
    finally:
        keras.config.set_dtype_policy("float32")
    features = folded(_images(), training=False)
    assert features.dtype == backbone.compute_dtype

    def error(other):
        other = tf.cast(other, tf.float32)
        return float(tf.reduce_mean(tf.abs(other - exact)))

    plain = error(backbone(_images(), training=False))
    assert 0 < error(features) < 1.2 * plain
    assert plain < 0.1 * float(tf.math.reduce_std(exact))


def test_the_backbone_stays_as_it_is():
    backbone = _backbone("mobilenetv2")
    before = [np.array(weight) for weight in backbone.weights]
    expected = backbone(_images(), training=False)
    trainable = [layer.trainable for layer in backbone.layers]
    folded = folded_backbone.fold(backbone)
    assert not folded.trainable_weights
    assert [layer.trainable for layer in backbone.layers] == trainable
    for weight, value in zip(backbone.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    np.testing.assert_array_equal(backbone(_images(), training=False), expected)
    # Nor does the copy follow it.
    features = folded(_images())
    backbone.layers[1].set_weights(
        [2 * weight for weight in backbone.layers[1].get_weights()]
    )
    np.testing.assert_array_equal(folded(_images()), features)


def test_a_second_time_changes_nothing():
    folded = folded_backbone.fold(_backbone("mobilenetv2"))
    assert folded_backbone.fold(folded) is folded


def _layers():
    """Layers between a convolution and its normalisation, and how many fold."""
    image = keras.Input([8, 8, 3])
    convolution = keras.layers.Conv2D(4, 3, use_bias=False)
    normalization = keras.layers.BatchNormalization
    x = convolution(image)
    yield "alone", image, normalization()(x), 1
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2D(4, 3, activation="relu")(image)
    yield "activation", image, normalization()(x), 0
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2D(4, 3)(image)
    y = keras.layers.Add()([x, normalization()(x)])
    yield "seen by two", image, y, 0
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2D(4, 3)(image)
    shared = normalization(scale=False)
    yield "used twice", image, keras.layers.Add()([shared(x), shared(-x)]), 0
    image = keras.Input([8, 8, 3])
    one, two = (keras.layers.Conv2D(4, 3)(image) for _ in range(2))
    shared = normalization()
    y = keras.layers.Add()([shared(one), shared(two)])
    yield "behind two convolutions", image, y, 0
    image = keras.Input([8, 8, 3])
    shared = keras.layers.Conv2D(4, 3)
    y = keras.layers.Add()([normalization()(shared(image)), shared(-image)])
    yield "convolution of two images", image, y, 0
    image = keras.Input([8, 8, 3])
    x = keras.layers.DepthwiseConv2D(3, depth_multiplier=2)(image)
    yield "two of each channel", image, normalization(center=False)(x), 1
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2DTranspose(4, 3)(image)
    yield "another convolution", image, normalization()(x), 0
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2D(4, 3)(image)
    yield "another axis", image, normalization(axis=1)(x), 0
    image = keras.Input([8, 8, 3])
    y = keras.layers.Flatten()(keras.layers.Conv2D(4, 3)(image))
    y = keras.layers.Reshape([1, 1, -1])(normalization()(y))
    yield "not of pictures", image, y, 0
    image = keras.Input([8, 8, 3])
    shared = keras.layers.Conv2D(3, 3, padding="same")
    y = normalization()(shared(shared(image)))
    yield "convolution used twice", image, y, 0
    image = keras.Input([8, 8, 3])
    convolution = keras.layers.Conv2D(4, 3)
    convolution.trainable = False
    frozen = normalization()
    frozen.trainable = False
    yield "frozen", image, frozen(convolution(image)), 1


@pytest.mark.parametrize(
    ("image", "features", "num_folded"),
    [case[1:] for case in _layers()],
    ids=[case[0] for case in _layers()],
)
def test_folds_only_what_may_be_folded(image, features, num_folded):
    backbone = keras.Model(image, features)
    _randomize(backbone)
    folded = folded_backbone.fold(backbone)
    np.testing.assert_allclose(
        folded(_images(8)),
        backbone(_images(8), training=False),
        rtol=1e-4,
        atol=1e-5,
    )
    assert _count(folded, folded_backbone._Same) == num_folded


class _Silent(keras.layers.Layer):
    """A layer that cannot say how it is made."""

    def __init__(self, factor):
        super().__init__()
        self._factor = factor

    def call(self, inputs):
        return self._factor * inputs


class _Forgetful(keras.layers.Layer):
    """A layer that forgets how it was made."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self._factor = factor

    def call(self, inputs):
        return self._factor * tf.nn.relu(inputs)


class _Whole(_Forgetful):
    def get_config(self):
        return {**super().get_config(), "factor": self._factor}


class _Subclassed(keras.Model):
    def call(self, inputs):
        return 2 * inputs


def _with_layer(layer):
    image = keras.Input([8, 8, 3])
    x = keras.layers.Conv2D(4, 3)(image)
    x = layer(keras.layers.BatchNormalization()(x))
    backbone = keras.Model(image, x)
    _randomize(backbone)
    return backbone


@pytest.mark.parametrize(
    "layer",
    [_Silent(2.0), keras.layers.Lambda(lambda x: 2 * x), _Forgetful(2.0)],
    ids=["silent", "lambda", "forgetful"],
)
def test_what_cannot_be_copied_stays(layer):
    # What Keras cannot know, it does not say: the factor is not in the config.
    if isinstance(layer, _Forgetful):
        layer.get_config = lambda: {"name": layer.name}
    backbone = _with_layer(layer)
    assert folded_backbone.fold(backbone) is backbone


def test_layers_of_users_that_copy_whole_are_no_hindrance():
    backbone = _with_layer(_Whole(2.0))
    folded = folded_backbone.fold(backbone)
    assert folded is not backbone
    np.testing.assert_allclose(
        folded(_images(8)), backbone(_images(8), training=False), rtol=1e-4
    )


def test_what_is_not_functional_stays():
    subclassed = _Subclassed()
    assert folded_backbone.fold(subclassed) is subclassed
