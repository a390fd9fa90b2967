"""Operations counted in a graph are those counted by hand."""

import keras
import pytest
import tensorflow as tf

from benchmarks import flops


def _count(function, *shapes):
    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    concrete = tf.function(function).get_concrete_function(*specs)
    return flops.count_operations(concrete.graph)


def test_matrix_products():
    # [3, 4] x [4, 5]: 3 * 5 sums of 4 products.
    assert _count(tf.matmul, [3, 4], [4, 5]) == 2 * 3 * 5 * 4
    transposed = _count(
        lambda a, b: tf.matmul(a, b, transpose_a=True), [4, 3], [4, 5]
    )
    assert transposed == 2 * 3 * 5 * 4
    assert _count(tf.matmul, [2, 3, 4], [2, 4, 5]) == 2 * (2 * 3 * 5 * 4)


@pytest.mark.parametrize(
    ("layer", "shape", "products"),
    [
        # [1, 6, 6, 3] to [1, 3, 3, 4], each output a sum of 3 * 3 * 3.
        (
            keras.layers.Conv2D(4, 3, 2, padding="same"),
            [1, 6, 6, 3],
            9 * 4 * 27,
        ),
        (
            keras.layers.Conv3D(4, 3, padding="same"),
            [1, 2, 4, 4, 3],
            32 * 4 * 81,
        ),
        (
            keras.layers.DepthwiseConv2D(3, padding="same"),
            [1, 4, 4, 5],
            16 * 5 * 9,
        ),
    ],
)
def test_convolutions_forward_and_backward(layer, shape, products):
    layer.build(shape)
    assert _count(layer, shape) == 2 * products

    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs) ** 2)
        return tape.gradient(loss, [inputs, layer.trainable_weights[0].value])

    # Forward, gradient of the inputs, gradient of the kernel.
    assert _count(gradients, shape) == 3 * 2 * products
    # What is not asked for is not counted.
    assert _count(lambda x: gradients(x)[0], shape) == 2 * 2 * products
