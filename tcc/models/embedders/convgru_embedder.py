"""The recurrent embedder: 2-D convolutions, then GRUs over the steps."""

from typing import Any

import keras
import tensorflow as tf

from tcc.configs import schema
from tcc.models import dropout


class ConvGRUEmbedder(keras.layers.Layer):
    """Embeds each step from its frame and from all steps before it.

    2 x (2-D convolution, batch normalisation, ReLU), global max pooling, GRU:
    `ConvGRUEmbedder` in the original's models.py. It has no context frames:
    the recurrence is its context. The state can be carried from one stretch
    of a video to the next.
    """

    is_recurrent = True

    def __init__(
        self,
        config: schema.ConvGRUEmbedderConfig,
        *,
        embedding_size: int,
        l2_regularization: float,
    ) -> None:
        """Makes the layers; `build` makes their weights.

        Args:
            config: widths of the convolutions (times `capacity`) and GRUs.
            embedding_size: D, channels of an embedding; the last GRU's units.
            l2_regularization: weight of the sum of squares of the kernels
                and biases of the convolutions.

        Raises:
            ValueError: the last GRU does not have D units.
        """
        # With autocast a low-precision policy would round a state that
        # comes back in; the layers inside cast what they take.
        super().__init__(name="convgru_embedder", autocast=False)
        if not config.gru_units or config.gru_units[-1] != embedding_size:
            raise ValueError(
                "The last of model.convgru.gru_units makes the embeddings: it "
                f"must equal model.embedding_size, {embedding_size}. "
                f"Received: {config.gru_units}"
            )
        self._config = config
        penalty = keras.regularizers.L2(l2_regularization)
        # Tuples: tf.train.Checkpoint leaves out the layers that Keras holds in
        # a list or dict.
        self.conv_layers = tuple(
            keras.layers.Conv2D(
                config.capacity * channels,
                config.kernel_size,
                padding="same",
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
        # In float32 under every precision policy: rounding adds up over the
        # steps of a long video, and the GRUs cost little.
        self.gru_layers = tuple(
            keras.layers.GRU(
                units,
                return_sequences=True,
                return_state=True,
                dtype="float32",
                name=f"gru{i}",
            )
            for i, units in enumerate(config.gru_units)
        )

    def build(self, features_shape: tuple[Any, ...]) -> None:
        """Makes all weights, for features [N, T, 1, h, w, c].

        Raises:
            ValueError: more than one context frame.
        """
        _, _, num_context, height, width, channels = features_shape
        if num_context != 1:
            raise ValueError(
                "data.num_context must be 1 with model.embedder='convgru', "
                "which reads one frame per step and remembers those before. "
                f"Received: {num_context}"
            )
        for i, layer in enumerate(self.conv_layers):
            layer.build((None, height, width, channels))
            channels = layer.filters
            if self.norm_layers:
                self.norm_layers[i].build((None, height, width, channels))
        for layer in self.gru_layers:
            layer.build((None, None, channels))
            channels = layer.units
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        training: bool = False,
        initial_state: tuple[Any, ...] = (),
        seed: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Embeds consecutive steps of videos.

        Args:
            features: [N, T, 1, h, w, c], a float dtype.
            training: batch statistics and dropout.
            initial_state: per GRU [N, units] float32, as this returned it for
                the steps before; () at the start of the videos.
            seed: [2] int32, of the dropout; None draws one.

        Returns:
            embs [N, T, D] float32, and the state behind the last step.
        """
        num_videos, num_steps = keras.ops.shape(features)[:2]
        if training and seed is None:
            seed = dropout.fresh_seed()
        x = tf.reshape(features, [-1, *features.shape[3:]])
        for i, layer in enumerate(self.conv_layers):
            x = layer(x)
            if self.norm_layers:
                x = self.norm_layers[i](x, training=training)
            x = tf.nn.relu(x)
        x = tf.reduce_max(x, axis=[1, 2])
        x = tf.reshape(x, [num_videos, num_steps, x.shape[-1]])
        state = []
        for i, layer in enumerate(self.gru_layers):
            if training:
                x = dropout.dropout(
                    x,
                    dropout.fold_in(seed, i),
                    rate=self._config.dropout,
                    shared_axes=(1,),  # one mask for all steps of a video
                )
            before = initial_state[i] if initial_state else None
            x, after = layer(x, initial_state=before)
            state.append(after)
        return x, tuple(state)
