import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import flops
from tcc.models.embedders import context_conv


def _pair(kernel_size, filters=4, channels=3):
    """A ContextConv and a Conv3D with the same random weights."""
    ours = context_conv.ContextConv(filters, kernel_size)
    theirs = keras.layers.Conv3D(filters, kernel_size, padding="same")
    rng = np.random.default_rng(0)
    for layer in (ours, theirs):
        layer.build((None, 2, 5, 4, channels))
    weights = [rng.normal(size=w.shape) for w in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("num_context", [1, 2, 3, 4])
def test_equals_conv3d_in_values_and_gradients(kernel_size, num_context):
    ours, theirs = _pair(kernel_size)
    rng = np.random.default_rng(1)
    inputs = tf.constant(rng.normal(size=[2, num_context, 5, 4, 3]), tf.float32)
    weights = tf.constant(
        rng.normal(size=[2, num_context, 5, 4, 4]), tf.float32
    )
    found = []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(weights * outputs)
        found.append(
            [outputs, *tape.gradient(loss, [inputs, *layer.trainable_weights])]
        )
    for actual, expected in zip(*found, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_one_pixel_of_two_frames_by_hand():
    layer = context_conv.ContextConv(1, 3, use_bias=False)
    layer.build((None, 2, 1, 1, 1))
    kernel = np.zeros([3, 3, 3, 1, 1])
    kernel[:, 1, 1, 0, 0] = [1, 10, 100]  # past, present, future frame
    layer.set_weights([kernel])
    outputs = layer(np.reshape([2.0, 3.0], [1, 2, 1, 1, 1]))
    # Frame 0: 10 * 2 + 100 * 3; frame 1: 1 * 2 + 10 * 3.
    np.testing.assert_allclose(np.ravel(outputs), [320, 32])


@pytest.mark.parametrize(
    ("num_context", "products"),
    # Outputs that meet frame 0 + frame 1 + ...
    [(1, 1), (2, 2 + 2), (3, 2 + 3 + 2), (4, 2 + 3 + 3 + 2)],
)
def test_multiplies_no_padding(num_context, products):
    layer, _ = _pair(3)
    graph = (
        tf.function(layer)
        .get_concrete_function(
            tf.TensorSpec([1, num_context, 5, 4, 3], tf.float32)
        )
        .graph
    )
    # 5 x 4 pixels, 3 x 3 kernel, 3 to 4 channels; 2 operations a product.
    operations = 2 * 20 * 9 * 3 * 4
    assert flops.count_operations(graph) == products * operations


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("num_context", [1, 2, 3, 4])
def test_products_of_each_frame_alone_add_up_to_conv3d(
    kernel_size, num_context
):
    ours, theirs = _pair(kernel_size)
    rng = np.random.default_rng(1)
    inputs = tf.constant(rng.normal(size=[2, num_context, 5, 4, 3]), tf.float32)
    frames = tf.reshape(inputs, [-1, 5, 4, 3])
    products = ours.project(frames, num_context)
    slices = min(kernel_size, 2 * num_context - 1)
    assert products.shape[-1] <= slices * ours.filters
    products = tf.reshape(products, [2, num_context, 5, 4, -1])
    np.testing.assert_allclose(
        ours.sum_products(products), theirs(inputs), rtol=1e-4, atol=1e-5
    )
