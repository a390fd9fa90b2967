import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.models import dropout
from tcc.models.embedders import embedding_head

_SEED = tf.constant([1, 2], tf.int32)


def _head(channels=(5, 4)):
    keras.utils.set_random_seed(0)
    layers = embedding_head.make(
        channels, embedding_size=3, penalty=keras.regularizers.L2(0.1)
    )
    embedding_head.build(layers, 6)
    return layers


def _inputs():
    return tf.random.stateless_uniform([7, 6], _SEED)


def _apply(layers, **kwargs):
    settings = {"training": False, "dropout_rate": 0.5, "seed": None}
    return embedding_head.apply(layers, _inputs(), **{**settings, **kwargs})


@pytest.mark.parametrize("channels", [(5, 4), ()])
def test_dense_layers_and_relu_between(channels):
    fc_layers, emb_layer = layers = _head(channels)
    x = _inputs().numpy()
    for layer, width in zip(fc_layers, channels, strict=True):
        kernel, bias = layer.get_weights()
        assert bias.shape == (width,)
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = emb_layer.get_weights()
    np.testing.assert_allclose(
        _apply(layers), x @ kernel + bias, rtol=1e-5, atol=1e-6
    )


def test_layers_drop_by_draws_of_their_own():
    (fc_layer,), emb_layer = layers = _head(channels=(6,))

    def expected(draw):
        mask_seed = dropout.fold_in(_SEED, draw)
        x = dropout.dropout(_inputs(), mask_seed, rate=0.5)
        return emb_layer(fc_layer(x))

    for draw in (0, 3):
        embs = _apply(layers, training=True, seed=_SEED, first_draw=draw)
        np.testing.assert_allclose(embs, expected(draw), rtol=1e-5, atol=1e-6)
    assert np.any(expected(0).numpy() != expected(3).numpy())


def test_embeddings_stay_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        fc_layers, _ = layers = _head()
    finally:
        keras.config.set_dtype_policy("float32")
    assert fc_layers[0].compute_dtype == "bfloat16"
    assert _apply(layers).dtype == tf.float32
