"""A 3-D convolution over few frames, without products with the padding."""

from typing import Any

import keras
import tensorflow as tf


class ContextConv(keras.layers.Conv3D):
    """`keras.layers.Conv3D` over [B, C, h, w, c], padding "same", stride 1.

    Output frame j of a convolution over time is Σ_i W[i - j + pad] * x_i over
    the frames i that exist. A 3-D convolution kernel also multiplies the
    padding: of a kernel of depth 3 over C = 2 frames, 2 of 6 products; over a
    single frame, 2 of 3. When every output frame sees every input frame
    (C ≤ depth // 2 + 1), the products that remain are exactly one 2-D
    convolution from the channels of all C frames to those of all C outputs,
    with the slices W[i - j + pad] as its blocks. Longer contexts use the 3-D
    convolution.

    The variables are those of Conv3D: kernel [depth, k, k, c, filters] and
    bias [filters].
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, padding="same", **kwargs)

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolves without bias.

        Args:
            inputs: [B, C, h, w, c] of the compute dtype, C static.
            kernel: [depth, k, k, c, filters] of the compute dtype.

        Returns:
            [B, C, h, w, filters].
        """
        depth, num_context = self.kernel_size[0], inputs.shape[1]
        if num_context > depth // 2 + 1 or depth % 2 == 0:
            return super().convolution_op(inputs, kernel)
        pad = depth // 2
        folded = tf.concat(
            [
                tf.concat(
                    [kernel[i - j + pad] for j in range(num_context)], axis=-1
                )
                for i in range(num_context)
            ],
            axis=-2,
        )  # [k, k, C * c, C * filters]
        height, width, channels = inputs.shape[2:]
        frames = tf.transpose(inputs, [0, 2, 3, 1, 4])
        frames = tf.reshape(frames, [-1, height, width, num_context * channels])
        outputs = tf.nn.conv2d(frames, folded, strides=1, padding="SAME")
        outputs = tf.reshape(
            outputs, [-1, height, width, num_context, self.filters]
        )
        return tf.transpose(outputs, [0, 3, 1, 2, 4])
