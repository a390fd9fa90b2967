"""A backbone for inference: the same function, its normalisations folded.

In inference a batch normalisation is a product and a sum with constants. Keras
computes them in passes of their own over the features, which on a CPU take a
tenth of a ResNet50V2's time in float32 and half of a MobileNetV2's. Behind a
convolution they go into its kernel and bias; elsewhere one pass does both.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def fold(backbone: keras.Model) -> keras.Model:
    """Copies a backbone as it computes in inference, with its weights.

    The copy does not follow later changes of the weights. A backbone that has
    nothing to fold, or that cannot be copied, comes back itself.

    Args:
        backbone: a functional model; it is not changed.

    Returns:
        A model with the same outputs up to rounding, not to be trained.
    """
    is_functional = hasattr(backbone, "operations")
    if not is_functional or not any(map(_is_normalization, backbone.layers)):
        return backbone
    folded = _normalized_convolutions(backbone)
    convolutions = {convolution.name for convolution in folded.values()}

    def replace(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in folded:
            return _Same(name=layer.name, dtype=layer.dtype_policy)
        if _is_normalization(layer):
            return _Affine(name=layer.name, dtype=layer.dtype_policy)
        changes = {"use_bias": True} if layer.name in convolutions else {}
        return type(layer).from_config({**layer.get_config(), **changes})

    try:
        copy = keras.models.clone_model(backbone, clone_function=replace)
    except (NotImplementedError, TypeError, ValueError):
        return backbone  # has a layer that does not say how it is made
    weights = {layer.name: layer.get_weights() for layer in backbone.layers}
    for layer in backbone.layers:
        if _is_normalization(layer):
            scale, shift = _constants(layer)
            if layer.name in folded:
                convolution = folded[layer.name]
                weights[convolution.name] = _fold(convolution, scale, shift)
                weights[layer.name] = []
            else:
                weights[layer.name] = [scale, shift]
    for layer in backbone.layers:
        if weights[layer.name]:
            copy.get_layer(layer.name).set_weights(weights[layer.name])
    copy.trainable = False
    return copy if _is_as_good(copy, backbone) else backbone


def _is_normalization(layer: keras.layers.Layer) -> bool:
    """Whether a layer normalises the channels of pictures over a batch."""
    return (
        type(layer) is keras.layers.BatchNormalization
        and len(layer.input.shape) == 4
        and layer.axis in (-1, 3)
        and not getattr(layer, "renorm", False)
    )


def _normalized_convolutions(
    backbone: keras.Model,
) -> dict[str, keras.layers.Layer]:
    """Returns the convolutions that only a normalisation sees, by its name."""
    found = {}
    outputs = {id(tensor) for tensor in backbone.outputs}
    for layer in filter(_is_normalization, backbone.layers):
        before = layer.input._keras_history.operation
        if (
            len(layer._inbound_nodes) == len(before._inbound_nodes) == 1
            and type(before) in _CONVOLUTIONS
            and before.activation is keras.activations.linear
            and before.data_format == "channels_last"
            and before in backbone.layers
            and len(before._outbound_nodes) == 1
            and id(before.output) not in outputs
        ):
            found[layer.name] = before
    return found


def _is_as_good(copy: keras.Model, backbone: keras.Model) -> bool:
    """Whether a copy computes the same; layers of users may not copy whole."""
    known = ("keras.", __name__)
    if all(type(layer).__module__.startswith(known) for layer in copy.layers):
        return True
    shape = [1, *(size or 64 for size in backbone.input_shape[1:])]
    images = tf.random.stateless_uniform(shape, [0, 1], -1.0, 1.0)
    features, expected = (
        tf.cast(model(images, training=False), tf.float32)
        for model in (copy, backbone)
    )
    # Low precision rounds at other places: half a percent, about.
    error, size = tf.norm(features - expected), tf.norm(expected)
    return bool(error <= 0.05 * size)


def _constants(
    layer: keras.layers.BatchNormalization,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the factor and the term [c] of a normalisation, float32."""
    variance = np.asarray(layer.moving_variance, np.float64) + layer.epsilon
    scale = 1 / np.sqrt(variance)
    if layer.scale:
        scale *= np.asarray(layer.gamma, np.float64)
    shift = -np.asarray(layer.moving_mean, np.float64) * scale
    if layer.center:
        shift += np.asarray(layer.beta, np.float64)
    return scale.astype(np.float32), shift.astype(np.float32)


def _fold(
    convolution: keras.layers.Layer, scale: np.ndarray, shift: np.ndarray
) -> list[np.ndarray]:
    """Returns kernel and bias of a convolution with scale and shift behind."""
    kernel, *bias = convolution.get_weights()
    if isinstance(convolution, keras.layers.DepthwiseConv2D):
        by_channel = scale.reshape(kernel.shape[2:])
    else:
        by_channel = scale
    return [kernel * by_channel, shift + sum(bias) * scale]


class _Same(keras.layers.Layer):
    """In the place of a normalisation that went into its convolution."""

    def call(
        self, inputs: tf.Tensor, training: bool = False, mask: Any = None
    ) -> tf.Tensor:
        """Returns what comes in."""
        del training, mask
        return inputs


class _Affine(keras.layers.Layer):
    """x * scale + shift, for each channel of [B, h, w, c], in one pass."""

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Makes the constants."""

        def constant() -> keras.Variable:
            # The operation takes float32 with features of any type.
            return self.add_weight(
                shape=input_shape[-1:], dtype="float32", autocast=False
            )

        self.scale, self.shift = constant(), constant()

    def call(
        self, inputs: tf.Tensor, training: bool = False, mask: Any = None
    ) -> tf.Tensor:
        """Returns the same shape and type."""
        del training, mask
        scale = tf.convert_to_tensor(self.scale)
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=scale,
            offset=tf.convert_to_tensor(self.shift),
            mean=tf.zeros_like(scale),
            variance=tf.ones_like(scale),
            epsilon=0.0,
            is_training=False,
        ).y
