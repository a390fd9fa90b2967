"""The light embedder: dense layers on a few cells of the features."""

from typing import Any

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.models import dropout
from tcc.models.embedders import embedding_head


class LightEmbedder(keras.layers.Layer):
    """Embeds each step from the cells of its context frames.

    Made for features averaged over a small grid (`model.feature_grid`): a
    dense layer on the channels of all context frames of a cell, the same for
    every cell, batch normalisation, ReLU; on all cells together (dropout,
    dense, ReLU) for each of `fc_channels`; dense. Not in the original: a CPU
    trains it within a minute on cached features. Unlike the convolutional
    embedder it knows where in the picture something is. Steps do not see each
    other. With `config.inputs` other than "plain" the features of each video
    are centred: their mean over the video, of each cell and channel, is
    subtracted.

    Attributes:
        centres: whether it needs the mean over the video.
    """

    is_recurrent = False

    def __init__(
        self,
        config: schema.LightEmbedderConfig,
        *,
        embedding_size: int,
        l2_regularization: float,
    ) -> None:
        """Makes the layers; `build` makes their weights.

        Args:
            config: widths and dropout.
            embedding_size: D, channels of an embedding.
            l2_regularization: weight of the sum of squares of all kernels
                and biases here but those of the batch normalisations.
        """
        # Centring needs the dtype that the features come in; the layers below
        # cast by themselves.
        super().__init__(name="light_embedder", autocast=False)
        self._config = config
        self.centres = config.inputs != "plain"
        penalty = keras.regularizers.L2(l2_regularization)
        # Tuples: tf.train.Checkpoint leaves out the layers that Keras holds in
        # a list or dict.
        self.cell_layers = tuple(
            keras.layers.Dense(
                channels,
                kernel_initializer="he_normal",
                kernel_regularizer=penalty,
                bias_regularizer=penalty,
                name=f"cell{i}",
            )
            for i, channels in enumerate(config.cell_channels)
        )
        self.norm_layers = tuple(
            keras.layers.BatchNormalization(name=f"bn{i}")
            for i in range(len(self.cell_layers))
        )
        self.fc_layers, self.emb_layer = embedding_head.make(
            config.fc_channels,
            embedding_size=embedding_size,
            penalty=penalty,
            kernel_initializer="he_normal",
        )

    def build(self, features_shape: tuple[Any, ...]) -> None:
        """Makes all weights, for features [N, T, C, h, w, c]."""
        _, _, num_context, height, width, channels = features_shape
        channels *= num_context * (2 if self._config.inputs == "both" else 1)
        for layer, norm in zip(self.cell_layers, self.norm_layers, strict=True):
            layer.build((None, height, width, channels))
            channels = layer.units
            norm.build((None, height, width, channels))
        embedding_head.build(
            (self.fc_layers, self.emb_layer), height * width * channels
        )
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        training: bool = False,
        initial_state: tuple[tf.Tensor, ...] = (),
        seed: tf.Tensor | None = None,
        means: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Embeds steps.

        Args:
            features: [N, T, C, h, w, c], a float dtype.
            training: batch statistics and dropout.
            initial_state: (), there is none.
            seed: [2] int32, of the dropout; None draws one.
            means: [N, h, w, c] float32, of the features of each whole video;
                None is their mean over the frames given. Not used with
                "plain" inputs.

        Returns:
            embs [N, T, D] float32, and the state, ().
        """
        if self.centres:
            features = self._centre(features, means)
        num_videos, num_steps = keras.ops.shape(features)[:2]
        num_context, height, width, channels = features.shape[2:]
        if training and seed is None:
            seed = dropout.fresh_seed()
        x = tf.reshape(features, [-1, num_context, height, width, channels])
        x = tf.transpose(x, [0, 2, 3, 1, 4])
        x = tf.reshape(x, [-1, height, width, num_context * channels])
        for layer, norm in zip(self.cell_layers, self.norm_layers, strict=True):
            x = tf.nn.relu(norm(layer(x), training=training))
        x = tf.reshape(x, [-1, height * width * x.shape[-1]])
        embs = embedding_head.apply(
            (self.fc_layers, self.emb_layer),
            x,
            training=training,
            dropout_rate=self._config.fc_dropout,
            seed=seed,
        )
        return tf.reshape(embs, [num_videos, num_steps, embs.shape[-1]]), ()

    def _centre(
        self, features: tf.Tensor, means: tf.Tensor | None
    ) -> tf.Tensor:
        """Subtracts the means [N, h, w, c] from features [N, T, C, h, w, c]."""
        features = tf.cast(features, tf.float32)  # differences are small
        if means is None:
            means = tf.reduce_mean(features, axis=(1, 2))
        centred = features - means[:, tf.newaxis, tf.newaxis]
        if self._config.inputs == "both":
            return tf.concat([features, centred], axis=-1)
        return centred
