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

    In dense embedding even fewer are needed, see `project`.

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

    def project(self, inputs: tf.Tensor, num_context: int) -> tf.Tensor:
        """Multiplies frames with every slice of the kernel they can meet.

        In dense embedding a frame is in the context of C steps, each time in
        another place. Its products W[d] * x are the same in all of them.

        Args:
            inputs: frames [B, h, w, c].
            num_context: C, frames of a context.

        Returns:
            [B, h, w, slices * filters] of the compute dtype, for
            `sum_products`.
        """
        kernel = tf.cast(self.kernel, self.compute_dtype)
        slices = tf.concat(
            [kernel[d] for d in self._slices(num_context)], axis=-1
        )
        inputs = tf.cast(inputs, self.compute_dtype)
        return tf.nn.conv2d(inputs, slices, strides=1, padding="SAME")

    def sum_products(self, products: tf.Tensor) -> tf.Tensor:
        """Finishes the convolution of contexts whose frames are projected.

        Args:
            products: [B, C, h, w, slices * filters], C static.

        Returns:
            What the layer returns for the frames: [B, C, h, w, filters].
        """
        num_context = products.shape[1]
        slices = self._slices(num_context)
        parts = dict(
            zip(slices, tf.split(products, len(slices), axis=-1), strict=True)
        )
        pad = (self.kernel_size[0] - 1) // 2
        outputs = [
            tf.add_n(
                [
                    parts[i - j + pad][:, i]
                    for i in range(num_context)
                    if i - j + pad in parts
                ]
            )
            for j in range(num_context)
        ]
        bias = tf.cast(self.bias, products.dtype)
        return tf.stack(outputs, axis=1) + bias

    def _slices(self, num_context: int) -> range:
        """Returns the d of the kernel's slices W[d] that meet a frame."""
        depth = self.kernel_size[0]
        pad = (depth - 1) // 2
        first = max(0, pad - num_context + 1)
        return range(first, min(depth, pad + num_context))
