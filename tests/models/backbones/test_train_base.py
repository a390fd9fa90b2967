import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc import models
from tcc.models.backbones import train_base
from tests import golden_values
from tests.models.small_configs import model_config


def _frames(seed=0, num_videos=2):
    return tf.random.stateless_uniform(
        [num_videos, 3, 2, 32, 32, 3], seed=[seed, 1], minval=-1, maxval=1
    )


def _encoder(**changes):
    return models.build_encoder(
        model_config(**changes), image_size=32, num_context=2
    )


@tf.function
def _train_step(encoder, frames, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder(frames, training=True) ** 2)
    variables = encoder.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)


def _changed(model, before):
    """Names, without numbers, of the weights of `model` that changed."""
    return {
        weight.name
        for weight, old in zip(model.weights, before, strict=True)
        if np.any(weight.numpy() != old)
    }


_STATISTICS = {"moving_mean", "moving_variance"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("frozen", set()),
        ("only_bn", {"gamma", "beta"} | _STATISTICS),
        ("train_all", {"kernel", "bias", "gamma", "beta"} | _STATISTICS),
    ],
)
def test_what_a_training_step_changes(choice, expected):
    encoder = _encoder(train_base=choice)
    before = encoder.backbone.get_weights()
    embedder_before = encoder.embedder.get_weights()
    _train_step(encoder, _frames(), keras.optimizers.SGD(0.1))
    assert _changed(encoder.backbone, before) == expected
    names = {weight.name for weight in encoder.backbone.trainable_variables}
    assert names == expected - _STATISTICS
    assert _changed(encoder.embedder, embedder_before) == {
        "kernel",
        "bias",
        "gamma",
        "beta",
        *_STATISTICS,
    }


def test_frozen_uses_moving_statistics_in_training():
    encoder = _encoder(train_base="frozen", train_embedder=False)
    frames = _frames()
    np.testing.assert_array_equal(
        encoder(frames, training=True), encoder(frames, training=False)
    )


def test_only_bn_uses_batch_statistics_in_training():
    encoder = _encoder(train_base="only_bn")
    frames = tf.reshape(_frames(), [-1, 32, 32, 3])
    features = encoder.extract_features(frames, training=True).numpy()
    last = encoder.backbone.layers[-2]
    assert isinstance(last, keras.layers.BatchNormalization)
    # Before the ReLU every channel has mean 0 over the batch; after it, a
    # standard normal's positive part has about .4.
    inference = encoder.extract_features(frames).numpy()
    assert features.mean() == pytest.approx(0.4, abs=0.1)
    assert abs(inference.mean() - 0.4) > 0.1


def test_frozen_embedder_keeps_weights_statistics_and_losses():
    encoder = _encoder(train_embedder=False)
    before = encoder.embedder.get_weights()
    _train_step(encoder, _frames(), keras.optimizers.SGD(0.1))
    assert _changed(encoder.embedder, before) == set()
    assert not encoder.embedder.trainable_variables
    assert not encoder.losses


def test_trains_what_the_original_trained():
    config = model_config(backbone="resnet50v2", train_base="only_bn")
    encoder = models.build_encoder(config, image_size=64, num_context=1)
    golden = golden_values.settings("resnet")
    assert [v.path for v in encoder.backbone.trainable_variables] == [
        name.removesuffix(":0") for name in golden["only_bn_trained"]
    ]
    train_base.set_train_base(encoder.backbone, "train_all")
    assert (
        len(encoder.backbone.trainable_variables)
        == golden["train_all_trained_count"]
    )


def test_reaches_nested_layers():
    inner = keras.Sequential(
        [
            keras.layers.Conv2D(2, 1),
            keras.layers.BatchNormalization(),
            keras.layers.TimeDistributed(keras.layers.Dense(2)),
        ]
    )
    image = keras.Input([4, 4, 3])
    model = keras.Model(image, inner(keras.layers.Conv2D(2, 1)(image)))
    train_base.set_train_base(model, "only_bn")
    assert [v.name for v in model.trainable_variables] == ["gamma", "beta"]
    train_base.set_train_base(model, "frozen")
    assert not model.trainable_variables
    train_base.set_train_base(model, "train_all")
    assert len(model.trainable_variables) == 8


def test_unknown_choice():
    with pytest.raises(ValueError, match=r"only_bn.*Received: 'bn'"):
        _encoder(train_base="bn")
