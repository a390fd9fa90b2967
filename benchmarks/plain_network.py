"""The network written straightforwardly, to measure the project's against.

Every context frame of every step goes through the backbone, however often it
occurs, and the embedder is made of Keras' own layers: `Conv3D` with padding
over the context frames, as the original code has it.
"""

import keras
import tensorflow as tf

from tcc import models
from tcc.configs import schema
from tcc.models.embedders import conv_embedder


class PlainNetwork(keras.Model):
    """Frames to embeddings, with the weights of a `tcc.models.Encoder`.

    Attributes:
        backbone: the encoder's own, not a copy.
        embedder: [B, C, h, w, c] to embs [B, D]; its weights are copies.
    """

    def __init__(self, backbone: keras.Model, embedder: keras.Model) -> None:
        super().__init__(name="plain_network")
        self.backbone = backbone
        self.embedder = embedder
        self.built = True

    def call(
        self,
        frames: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds steps.

        Args:
            frames: [N, T, C, H, W, 3] float32 in [-1, 1].
            training: batch statistics and dropout; a frozen backbone stays in
                inference.
            seed: not used; Keras' own layers draw the dropout.

        Returns:
            embs [N, T, D] float32.
        """
        del seed
        num_videos, num_steps = keras.ops.shape(frames)[:2]
        images = tf.reshape(frames, [-1, *frames.shape[3:]])
        features = self.backbone(
            images, training=training and self.backbone.trainable
        )
        features = tf.reshape(
            features, [-1, frames.shape[2], *features.shape[1:]]
        )
        embs = self.embedder(features, training=training)
        return tf.reshape(embs, [num_videos, num_steps, embs.shape[-1]])


def build(encoder: models.Encoder, config: schema.ModelConfig) -> PlainNetwork:
    """Builds the plain equivalent of an encoder with the conv embedder.

    Args:
        encoder: built under the precision policy that is wanted of the plain
            network too, "float32" usually; it is not changed.
        config: that it was built from.

    Returns:
        A network with the same values.

    Raises:
        ValueError: the embedder is another one.
    """
    if not isinstance(encoder.embedder, conv_embedder.ConvEmbedder):
        raise ValueError(
            "encoder.embedder must be a ConvEmbedder. "
            f"Received: {type(encoder.embedder).__name__}"
        )
    embedder = _plain_embedder(
        (encoder.num_context, *encoder.feature_shape), config
    )
    source = encoder.embedder
    originals = [
        *source.conv_layers,
        *source.norm_layers,
        *source.fc_layers,
        source.emb_layer,
    ]
    for original in originals:
        embedder.get_layer(original.name).set_weights(original.get_weights())
    return PlainNetwork(encoder.backbone, embedder)


def _plain_embedder(
    features_shape: tuple[int, ...], config: schema.ModelConfig
) -> keras.Model:
    """Returns the conv embedder in Keras' own layers."""
    conv = config.conv
    penalty = keras.regularizers.L2(config.l2_regularization)
    regularized = {"kernel_regularizer": penalty, "bias_regularizer": penalty}
    pool = {
        "max": keras.layers.GlobalMaxPooling3D,
        "avg": keras.layers.GlobalAveragePooling3D,
        "flatten": keras.layers.Flatten,
    }[conv.pooling]
    dropout = (
        keras.layers.SpatialDropout3D
        if conv.input_dropout_spatial
        else keras.layers.Dropout
    )
    x = inputs = keras.Input(features_shape)
    x = dropout(conv.input_dropout)(x)
    for i, channels in enumerate(conv.conv_channels):
        x = keras.layers.Conv3D(
            conv.capacity * channels,
            conv.kernel_size,
            padding="same",
            name=f"conv{i}",
            **regularized,
        )(x)
        if conv.batch_norm:
            x = keras.layers.BatchNormalization(name=f"bn{i}")(x)
        x = keras.layers.ReLU()(x)
    x = pool()(x)
    for i, channels in enumerate(conv.fc_channels):
        x = keras.layers.Dropout(conv.fc_dropout)(x)
        x = keras.layers.Dense(
            conv.capacity * channels,
            activation="relu",
            name=f"fc{i}",
            **regularized,
        )(x)
    embs = keras.layers.Dense(
        config.embedding_size, dtype="float32", name="emb", **regularized
    )(x)
    if config.l2_normalize:
        embs = keras.layers.UnitNormalization(dtype="float32")(embs)
    return keras.Model(inputs, embs, name="plain_embedder")
