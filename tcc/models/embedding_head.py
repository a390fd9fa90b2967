"""The last layers of an embedder: dense ones, on one vector for each step."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tcc.models import dropout


class EmbeddingHead(keras.layers.Layer):
    """(Dropout, dense, ReLU) for each of some widths, then dense to D."""

    def __init__(
        self,
        channels: Sequence[int],
        *,
        embedding_size: int,
        dropout_rate: float,
        penalty: keras.regularizers.Regularizer,
        kernel_initializer: str = "glorot_uniform",
    ) -> None:
        """Makes the layers; `build` makes their weights.

        Args:
            channels: widths of the layers with ReLU.
            embedding_size: D, channels of an embedding.
            dropout_rate: share of the inputs of each of these that is dropped
                in training.
            penalty: on all kernels and biases.
            kernel_initializer: of the layers with ReLU.
        """
        super().__init__(name="head")
        self._dropout_rate = dropout_rate
        penalties = {
            "kernel_regularizer": penalty,
            "bias_regularizer": penalty,
        }
        # Tuples: tf.train.Checkpoint leaves out the layers that Keras holds in
        # a list or dict.
        self.fc_layers = tuple(
            keras.layers.Dense(
                width,
                activation="relu",
                kernel_initializer=kernel_initializer,
                name=f"fc{i}",
                **penalties,
            )
            for i, width in enumerate(channels)
        )
        # In float32 under every precision policy: the distances that the
        # loss takes between embeddings need more than the 8 bits of bfloat16.
        self.emb_layer = keras.layers.Dense(
            embedding_size, dtype="float32", name="emb", **penalties
        )

    @property
    def dense_layers(self) -> tuple[keras.layers.Dense, ...]:
        """All layers, in order."""
        return (*self.fc_layers, self.emb_layer)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Makes all weights, for inputs [B, c]."""
        channels = input_shape[-1]
        for layer in self.dense_layers:
            layer.build((None, channels))
            channels = layer.units
        self.built = True

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
        first_draw: int = 0,
    ) -> tf.Tensor:
        """Embeds steps.

        Args:
            inputs: [B, c], a float dtype.
            training: with dropout.
            seed: [2] int32, of the dropout; needed in training.
            first_draw: number of its first draw from `seed`.

        Returns:
            embs [B, D] float32.
        """
        x = inputs
        for i, layer in enumerate(self.fc_layers):
            if training:
                x = dropout.dropout(
                    x,
                    dropout.fold_in(seed, first_draw + i),
                    rate=self._dropout_rate,
                )
            x = layer(x)
        return self.emb_layer(x)
