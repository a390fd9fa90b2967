"""The VGG-M-like network, trained from scratch."""

import keras


def build(image_size: int) -> keras.Model:
    """Builds the network of the paper's experiments without pretraining.

    A 7x7 convolution of 64 channels with stride 2, 3x3 max pooling with
    stride 2, then blocks of 128, 256 and 512 channels, each two 3x3
    convolutions; 2x2 max pooling after the first two blocks. Every
    convolution is followed by batch normalisation and ReLU. Total stride 16.
    Follows `vggm_net` in the original's models.py.

    Args:
        image_size: pixels, height and width.

    Returns:
        A model from images [B, H, W, 3] in [-1, 1] to features
        [B, ceil(H / 16), ceil(W / 16), 512].
    """
    images = keras.Input((image_size, image_size, 3), name="images")
    x = _conv_bn_relu(images, 64, kernel_size=7, strides=2, name="conv1")
    x = keras.layers.MaxPooling2D(3, 2, padding="same", name="pool1")(x)
    for block, channels in enumerate((128, 256, 512), start=2):
        for i in (1, 2):
            x = _conv_bn_relu(x, channels, name=f"conv{block}_{i}")
        if block < 4:
            x = keras.layers.MaxPooling2D(
                2, 2, padding="same", name=f"pool{block}"
            )(x)
    return keras.Model(images, x, name="vggm")


def _conv_bn_relu(
    x: keras.KerasTensor,
    channels: int,
    *,
    name: str,
    kernel_size: int = 3,
    strides: int = 1,
) -> keras.KerasTensor:
    x = keras.layers.Conv2D(
        channels,
        kernel_size,
        strides,
        padding="same",
        use_bias=False,  # the normalisation's beta is one
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = keras.layers.BatchNormalization(name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)
