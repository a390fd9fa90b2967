"""The convolutional embedder: 3-D convolutions over the context frames."""

from typing import Any

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.models import dropout
from tcc.models.embedders import context_conv, embedding_head

_POOLINGS = ("max", "avg", "flatten")


class ConvEmbedder(keras.layers.Layer):
    """Embeds each step from the features of its context frames.

    2 x (3-D convolution, batch normalisation, ReLU), global pooling over
    context, height and width, 2 x (dropout, dense, ReLU), dense: the paper's
    embedder, `ConvEmbedder` in the original's models.py. Steps do not see
    each other, so the embedding of a frame does not depend on its position.
    """

    is_recurrent = False

    def __init__(
        self,
        config: schema.ConvEmbedderConfig,
        *,
        embedding_size: int,
        l2_regularization: float,
    ) -> None:
        """Makes the layers; `build` makes their weights.

        Args:
            config: widths (each times `capacity`), pooling and dropout.
            embedding_size: D, channels of an embedding.
            l2_regularization: weight of the sum of squares of all kernels
                and biases here but those of the batch normalisations.

        Raises:
            ValueError: unknown `config.pooling`.
        """
        super().__init__(name="conv_embedder")
        if config.pooling not in _POOLINGS:
            raise ValueError(
                f"model.conv.pooling must be one of {', '.join(_POOLINGS)}. "
                f"Received: {config.pooling!r}"
            )
        self._config = config
        self.pooling = config.pooling
        penalty = keras.regularizers.L2(l2_regularization)
        # Tuples: tf.train.Checkpoint leaves out the layers that Keras holds in
        # a list or dict.
        self.conv_layers = tuple(
            context_conv.ContextConv(
                config.capacity * channels,
                config.kernel_size,
                kernel_initializer="he_normal",
                kernel_regularizer=penalty,
                bias_regularizer=penalty,
                name=f"conv{i}",
            )
            for i, channels in enumerate(config.conv_channels)
        )
        self.norm_layers = tuple(
            keras.layers.BatchNormalization(name=f"bn{i}")
            for i in range(len(self.conv_layers) if config.batch_norm else 0)
        )
        self.fc_layers, self.emb_layer = embedding_head.make(
            [config.capacity * channels for channels in config.fc_channels],
            embedding_size=embedding_size,
            penalty=penalty,
        )

    def build(self, features_shape: tuple[Any, ...]) -> None:
        """Makes all weights, for features [N, T, C, h, w, c]."""
        _, _, num_context, height, width, channels = features_shape
        self._num_context = num_context
        for i, layer in enumerate(self.conv_layers):
            layer.build((None, num_context, height, width, channels))
            channels = layer.filters
            if self.norm_layers:
                self.norm_layers[i].build(
                    (None, num_context, height, width, channels)
                )
        if self.pooling == "flatten":
            channels = num_context * height * width * channels
        embedding_head.build((self.fc_layers, self.emb_layer), channels)
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        training: bool = False,
        initial_state: tuple[tf.Tensor, ...] = (),
        seed: tf.Tensor | None = None,
        projected: bool = False,
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Embeds steps.

        Args:
            features: [N, T, C, h, w, c], a float dtype.
            training: batch statistics and dropout.
            initial_state: (), there is none.
            seed: [2] int32, of the dropout; None draws one.
            projected: the features of each frame are what `project` returned
                for it; in inference only.

        Returns:
            embs [N, T, D] float32, and the state, ().
        """
        num_videos, num_steps = keras.ops.shape(features)[:2]
        if training and seed is None:
            seed = dropout.fresh_seed()
        x = tf.reshape(features, [-1, *features.shape[2:]])
        if training:
            x = dropout.dropout(
                x,
                seed,
                rate=self._config.input_dropout,
                shared_axes=(1, 2, 3)
                if self._config.input_dropout_spatial
                else (),
            )
        for i, layer in enumerate(self.conv_layers):
            x = layer.sum_products(x) if projected and i == 0 else layer(x)
            if self.norm_layers:
                x = self.norm_layers[i](x, training=training)
            x = tf.nn.relu(x)
        embs = embedding_head.apply(
            (self.fc_layers, self.emb_layer),
            self._pool(x),
            training=training,
            dropout_rate=self._config.fc_dropout,
            seed=seed,
            first_draw=1,
        )
        return tf.reshape(embs, [num_videos, num_steps, embs.shape[-1]]), ()

    def project(self, features: tf.Tensor) -> tf.Tensor:
        """Does what can be done with each frame before its context is known.

        Args:
            features: [B, h, w, c], a float dtype.

        Returns:
            [B, h, w, p]: the products of the first convolution.
        """
        if not self.conv_layers:
            return features
        return self.conv_layers[0].project(features, self._num_context)

    def _pool(self, x: tf.Tensor) -> tf.Tensor:
        """Reduces [B, C, h, w, c] to [B, channels]."""
        if self.pooling == "max":
            return tf.reduce_max(x, axis=[1, 2, 3])
        if self.pooling == "avg":
            return tf.reduce_mean(x, axis=[1, 2, 3])
        _, num_context, height, width, channels = x.shape
        return tf.reshape(x, [-1, num_context * height * width * channels])
