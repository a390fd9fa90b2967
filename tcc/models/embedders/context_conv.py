"""A 3-D convolution over few frames, without products with the padding."""

import itertools
from typing import Any

import keras
import tensorflow as tf


class ContextConv(keras.layers.Conv3D):
    """`keras.layers.Conv3D` over [B, C, h, w, c], padding "same", stride 1.

    Output frame j of a convolution over time is Σ_d W[d] * x_{j + d - pad} over
    the frames that exist. A 3-D convolution kernel also multiplies the
    padding: of a kernel of depth 3 over C = 2 frames, 2 of 6 products; over a
    single frame, 2 of 3. Here each slice W[d] is multiplied with the frames
    that it meets, by a convolution of depth 1.

    The gradient of the inputs is that of one 3-D convolution: TensorFlow's on a
    CPU leaves out the padding itself, and in bfloat16 is nearly twice as fast
    as those of depth 1. That of the kernel is made of matrix products, without
    padding in any direction. In dense embedding even fewer products are needed,
    see `project`.

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
        return _convolve(tf.convert_to_tensor(inputs), tf.identity(kernel))

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
        inputs = tf.cast(inputs, self.compute_dtype)
        # One after the other: a slice stays in the processor's cache.
        products = [
            tf.nn.conv2d(inputs, kernel[d], strides=1, padding="SAME")
            for d in _slices(len(kernel), num_context)
        ]
        return tf.concat(products, axis=-1)

    def sum_products(self, products: tf.Tensor) -> tf.Tensor:
        """Finishes the convolution of contexts whose frames are projected.

        Args:
            products: [B, C, h, w, slices * filters], C static.

        Returns:
            What the layer returns for the frames: [B, C, h, w, filters].
        """
        num_context = products.shape[1]
        depth = self.kernel_size[0]
        slices = _slices(depth, num_context)
        parts = []
        for d, part in zip(
            slices, tf.split(products, len(slices), axis=-1), strict=True
        ):
            ahead = d - _padding(depth)
            met = part[:, max(0, ahead) : num_context + min(0, ahead)]
            parts.append(_place(met, ahead))
        return tf.add_n(parts) + tf.cast(self.bias, products.dtype)


@tf.custom_gradient
def _convolve(inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Convolves [B, C, h, w, c] with [depth, k, k, c, filters]."""
    num_context, depth = inputs.shape[1], kernel.shape[0]
    options = {"strides": [1] * 5, "padding": "SAME"}
    parts = []
    for d in _slices(depth, num_context):
        ahead = d - _padding(depth)
        met = inputs[:, max(0, ahead) : num_context + min(0, ahead)]
        product = tf.nn.conv3d(met, kernel[d : d + 1], **options)
        parts.append(_place(product, ahead))

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_inputs = tf.raw_ops.Conv3DBackpropInputV2(
            input_sizes=tf.shape(inputs),
            filter=kernel,
            out_backprop=upstream,
            **options,
        )
        return of_inputs, _kernel_gradient(inputs, upstream, kernel.shape)

    return tf.add_n(parts), gradients


def _kernel_gradient(
    inputs: tf.Tensor, upstream: tf.Tensor, kernel_shape: tf.TensorShape
) -> tf.Tensor:
    """Returns the gradient of the kernel, one matrix product for each place.

    The place p of the kernel meets input x + p - pad for output x: its gradient
    [c, filters] is the product of these inputs and upstream values, summed over
    all x of all steps. TensorFlow's own operation takes 1.1 to 1.6 times as
    long in float32 and 1.5 to 2.8 times in bfloat16 on two cores.
    """
    *sizes, channels, filters = kernel_shape
    products = []
    for place in itertools.product(*map(range, sizes)):
        ahead = [
            p - _padding(size) for p, size in zip(place, sizes, strict=True)
        ]
        # As far as both are inside; empty if they nowhere are.
        seen = [slice(max(0, a), min(0, a) or None) for a in ahead]
        seeing = [slice(max(0, -a), min(0, -a) or None) for a in ahead]
        products.append(
            tf.matmul(
                tf.reshape(inputs[:, *seen], [-1, channels]),
                tf.reshape(upstream[:, *seeing], [-1, filters]),
                transpose_a=True,
            )
        )
    return tf.reshape(tf.stack(products), kernel_shape)


def _padding(depth: int) -> int:
    """Returns the frames of padding before the first one."""
    return (depth - 1) // 2


def _slices(depth: int, num_context: int) -> range:
    """Returns the d of the kernel's slices W[d] that meet one of C frames."""
    padding = _padding(depth)
    first = max(0, padding - num_context + 1)
    return range(first, min(depth, padding + num_context))


def _place(products: tf.Tensor, ahead: int) -> tf.Tensor:
    """Puts the products of a slice to the output frames they belong to.

    Args:
        products: [B, C - |ahead|, h, w, filters], of the frames that the slice
            meets.
        ahead: how many frames the slice looks ahead of its output frame.

    Returns:
        [B, C, h, w, filters], 0 where the slice would meet the padding.
    """
    margins = [max(0, -ahead), max(0, ahead)]
    return tf.pad(products, [[0, 0], margins, [0, 0], [0, 0], [0, 0]])
