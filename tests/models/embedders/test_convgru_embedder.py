import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from tcc import models
from tcc.configs import schema
from tcc.models.embedders.convgru_embedder import ConvGRUEmbedder
from tests.models.small_configs import model_config


@pytest.fixture(name="encoder", scope="module")
def _encoder():
    return models.build_encoder(
        model_config(embedder="convgru"), image_size=32, num_context=1
    )


def _features(num_videos=2, num_steps=7):
    rng = np.random.default_rng(0)
    return tf.constant(
        rng.normal(size=[num_videos, num_steps, 1, 2, 2, 128]), tf.float32
    )


def test_default_weights_are_those_of_the_original():
    embedder = ConvGRUEmbedder(
        schema.ConvGRUEmbedderConfig(), embedding_size=128, l2_regularization=0
    )
    embedder.build((None, None, 1, 2, 2, 8))
    shapes = [tuple(w.shape) for w in embedder.weights if len(w.shape) > 1]
    assert shapes == [
        (3, 3, 8, 512),
        (3, 3, 512, 512),
        (512, 3 * 128),  # GRU: input to update, reset and candidate
        (128, 3 * 128),
        (2, 3 * 128),
    ]


@pytest.mark.parametrize("sizes", [(7,), (3, 4), (1,) * 7])
def test_chunks_with_carried_state_equal_the_whole(encoder, sizes):
    features = _features()
    whole, last = encoder.embed_features(features)
    embed = tf.function(encoder.embed_features)
    state, parts = None, []
    for chunk in tf.split(features, sizes, axis=1):
        embs, state = embed(chunk, initial_state=state)
        parts.append(embs)
    np.testing.assert_allclose(
        tf.concat(parts, axis=1), whole, rtol=1e-5, atol=1e-6
    )
    for after, expected in zip(state or (), last, strict=True):
        np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)


def test_sees_the_past_and_not_the_future(encoder):
    assert encoder.is_recurrent
    features = _features()
    embs, _ = encoder.embed_features(features)
    changed = tf.concat([features[:, :3], -features[:, 3:]], axis=1)
    other, _ = encoder.embed_features(changed)
    np.testing.assert_allclose(other[:, :3], embs[:, :3], rtol=1e-5)
    moved = np.any(np.abs(other[:, 3:] - embs[:, 3:]) > 1e-3, axis=-1)
    assert np.all(moved)


def test_gradients_reach_every_weight(encoder):
    with tf.GradientTape() as tape:
        frames = tf.random.stateless_uniform(
            [2, 3, 1, 32, 32, 3], seed=[1, 2], minval=-1, maxval=1
        )
        loss = tf.reduce_sum(encoder(frames, training=True) ** 2)
    variables = encoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    # A convolution's bias before batch normalisation has none but rounding.
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.any(gradient), variable.path


def test_dropout_has_one_mask_per_video():
    embedder = ConvGRUEmbedder(
        schema.ConvGRUEmbedderConfig(
            conv_channels=(), gru_units=(4,), dropout=0.5
        ),
        embedding_size=4,
        l2_regularization=0,
    )
    embedder.build((None, None, 1, 1, 1, 200))
    # An update gate held at 0 leaves tanh(candidate): a function of the
    # step's input alone. Equal steps stay equal only under one mask.
    kernel, recurrent, bias = embedder.gru_layers[0].get_weights()
    bias[0, :4] = -100.0
    embedder.gru_layers[0].set_weights([kernel, 0 * recurrent, bias])
    seed = tf.constant([1, 2])
    embs, _ = embedder(tf.ones([2, 5, 1, 1, 1, 200]), training=True, seed=seed)
    np.testing.assert_allclose(
        embs, tf.repeat(embs[:, :1], 5, axis=1), rtol=1e-5
    )
    assert np.any(np.abs(embs[0] - embs[1]) > 1e-3)


def test_warns_that_it_can_count(monkeypatch):
    warnings: list[str] = []
    monkeypatch.setattr(logging, "warning", warnings.append)
    models.build_encoder(
        model_config(embedder="convgru"), image_size=32, num_context=1
    )
    models.build_encoder(model_config(), image_size=32, num_context=1)
    assert len(warnings) == 1
    assert "count" in warnings[0]


def test_refuses_context_frames():
    with pytest.raises(ValueError, match=r"num_context must be 1.*Received: 2"):
        models.build_encoder(
            model_config(embedder="convgru"), image_size=32, num_context=2
        )


def test_refuses_another_embedding_size():
    with pytest.raises(ValueError, match=r"gru_units.*Received: \(5, 6\)"):
        models.build_encoder(
            model_config(embedder="convgru", embedding_size=7),
            image_size=32,
            num_context=1,
        )
