"""The dense layers that end an embedder, on one vector for each step.

(Dropout, dense, ReLU) for each of some widths, then dense to D. Functions, not
a layer: an embedder holds the layers itself, as `fc_layers` and `emb_layer`,
the names that checkpoints have for them.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tcc.models import dropout

# What `make` returns: the layers with ReLU, and the one that embeds. The first
# are a tuple: tf.train.Checkpoint leaves out the layers that Keras holds in a
# list or dict.
Layers = tuple[tuple[keras.layers.Dense, ...], keras.layers.Dense]


def make(
    channels: Sequence[int],
    *,
    embedding_size: int,
    penalty: keras.regularizers.Regularizer,
    kernel_initializer: str = "glorot_uniform",
) -> Layers:
    """Makes the layers; `build` makes their weights.

    Args:
        channels: widths of the layers with ReLU.
        embedding_size: D, channels of an embedding.
        penalty: on all kernels and biases.
        kernel_initializer: of the layers with ReLU.
    """
    fc_layers = tuple(
        keras.layers.Dense(
            width,
            activation="relu",
            kernel_initializer=kernel_initializer,
            kernel_regularizer=penalty,
            bias_regularizer=penalty,
            name=f"fc{i}",
        )
        for i, width in enumerate(channels)
    )
    # In float32 under every precision policy: the distances that the loss
    # takes between embeddings need more than the 8 bits of bfloat16.
    emb_layer = keras.layers.Dense(
        embedding_size,
        kernel_regularizer=penalty,
        bias_regularizer=penalty,
        dtype="float32",
        name="emb",
    )
    return fc_layers, emb_layer


def build(layers: Layers, channels: int) -> None:
    """Makes all weights, for inputs [B, channels]."""
    fc_layers, emb_layer = layers
    for layer in (*fc_layers, emb_layer):
        layer.build((None, channels))
        channels = layer.units


def apply(
    layers: Layers,
    inputs: tf.Tensor,
    *,
    training: bool,
    dropout_rate: float,
    seed: tf.Tensor | None,
    first_draw: int = 0,
) -> tf.Tensor:
    """Embeds steps.

    Args:
        layers: built.
        inputs: [B, c], a float dtype.
        training: with dropout.
        dropout_rate: share of the inputs of each layer with ReLU.
        seed: [2] int32, of the dropout; needed in training.
        first_draw: number of its first draw from `seed`.

    Returns:
        embs [B, D] float32.
    """
    fc_layers, emb_layer = layers
    x = inputs
    for i, layer in enumerate(fc_layers):
        if training:
            draw = dropout.fold_in(seed, first_draw + i)
            x = dropout.dropout(x, draw, rate=dropout_rate)
        x = layer(x)
    return emb_layer(x)
