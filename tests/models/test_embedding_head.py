import keras
import numpy as np
import tensorflow as tf

from tcc.models import dropout
from tcc.models.embedding_head import EmbeddingHead

_SEED = tf.constant([1, 2], tf.int32)


def _head(channels=(5, 4), rate=0.0):
    keras.utils.set_random_seed(0)
    head = EmbeddingHead(
        channels,
        embedding_size=3,
        dropout_rate=rate,
        penalty=keras.regularizers.L2(0.1),
    )
    head.build((None, 6))
    return head


def _inputs():
    return tf.random.stateless_uniform([7, 6], _SEED)


def test_dense_layers_and_relu_between():
    head = _head()
    x = _inputs().numpy()
    for layer in head.fc_layers:
        kernel, bias = layer.get_weights()
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = head.emb_layer.get_weights()
    np.testing.assert_allclose(
        head(_inputs()), x @ kernel + bias, rtol=1e-5, atol=1e-6
    )
    squares = sum(float(np.sum(w**2)) for w in head.get_weights())
    np.testing.assert_allclose(sum(head.losses), 0.1 * squares, rtol=1e-5)


def test_layers_drop_by_draws_of_their_own():
    head = _head(channels=(6,), rate=0.5)
    kernel, bias = head.fc_layers[0].get_weights()

    def expected(draw):
        mask_seed = dropout.fold_in(_SEED, draw)
        x = dropout.dropout(_inputs(), mask_seed, rate=0.5)
        return head.emb_layer(tf.nn.relu(x @ kernel + bias))

    for draw in (0, 3):
        embs = head(_inputs(), training=True, seed=_SEED, first_draw=draw)
        np.testing.assert_allclose(embs, expected(draw), rtol=1e-5, atol=1e-6)
    assert np.any(expected(0).numpy() != expected(3).numpy())


def test_embeddings_stay_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        head = _head()
    finally:
        keras.config.set_dtype_policy("float32")
    assert head.fc_layers[0].compute_dtype == "bfloat16"
    assert head(_inputs()).dtype == tf.float32


def test_without_hidden_layers_it_is_linear():
    head = _head(channels=())
    (layer,) = head.dense_layers
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(
        head(_inputs()), _inputs() @ kernel + bias, rtol=1e-5, atol=1e-6
    )
