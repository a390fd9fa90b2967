"""The network that benchmarks compare with computes what the encoder does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import plain_network
from tcc import models
from tests.models.small_configs import model_config


@pytest.mark.parametrize("num_context", [1, 2, 4])
def test_values_and_gradients_are_the_encoders(num_context):
    keras.utils.set_random_seed(0)
    config = model_config(train_base="frozen")
    config.conv.fc_dropout = 0.0
    encoder = models.build_encoder(
        config, image_size=32, num_context=num_context
    )
    plain = plain_network.build(encoder, config)
    frames = tf.random.stateless_uniform(
        [2, 3, num_context, 32, 32, 3], seed=[0, 1], minval=-1, maxval=1
    )
    directions = tf.random.stateless_normal([2, 3, 6], seed=[2, 3])

    def run(network):
        with tf.GradientTape() as tape:
            embs = network(frames, training=True)
            loss = tf.reduce_sum(embs * directions) + tf.add_n(network.losses)
        variables = network.embedder.trainable_variables
        return embs, loss, tape.gradient(loss, variables), variables

    embs, loss, gradients, variables = run(encoder)
    plain_embs, plain_loss, plain_gradients, plain_variables = run(plain)
    np.testing.assert_allclose(plain_embs, embs, atol=1e-5)
    # A sum of 36 terms of either sign, each with the error of its embedding.
    np.testing.assert_allclose(plain_loss, loss, atol=36 * 1e-6)

    def by_shape(variables, gradients):
        return {
            (v.name, *v.shape): g.numpy()
            for v, g in zip(variables, gradients, strict=True)
        }

    expected = by_shape(variables, gradients)
    found = by_shape(plain_variables, plain_gradients)
    assert len(found) > 8
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, atol=1e-4, err_msg=key)


def test_another_embedder_is_refused():
    config = model_config(embedder="convgru")
    encoder = models.build_encoder(config, image_size=32, num_context=1)
    with pytest.raises(ValueError, match="must be a ConvEmbedder"):
        plain_network.build(encoder, config)
