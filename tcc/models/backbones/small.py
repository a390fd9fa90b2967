"""A small strided network for CPUs, trained from scratch."""

import keras


def build(image_size: int) -> keras.Model:
    """Builds three strided convolutions, 24, 64 and 128 channels, with ReLU.

    Strides do what pooling does elsewhere, so no layer computes what the
    next one throws away. The first convolution goes to a quarter of the
    resolution at once and has no batch normalisation: at full size these
    took half of a training step, and training was no better for them.
    0.1 M parameters, total stride 16.

    Args:
        image_size: pixels, height and width.

    Returns:
        A model from images [B, H, W, 3] in [-1, 1] to features
        [B, ceil(H / 16), ceil(W / 16), 128].
    """
    images = keras.Input((image_size, image_size, 3), name="images")
    x = _conv(24, kernel_size=7, strides=4, use_bias=True, name="conv1")(images)
    x = keras.layers.ReLU(name="relu1")(x)
    for i, channels in ((2, 64), (3, 128)):
        # The normalisation's beta is the bias.
        x = _conv(channels, use_bias=False, name=f"conv{i}")(x)
        # Momentum .9: the statistics follow within tens of steps, and a
        # useful training on a CPU has only hundreds.
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"bn{i}")(x)
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(images, x, name="small")


def _conv(
    channels: int,
    *,
    use_bias: bool,
    name: str,
    kernel_size: int = 3,
    strides: int = 2,
) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        channels,
        kernel_size,
        strides,
        padding="same",
        use_bias=use_bias,
        kernel_initializer="he_normal",
        name=name,
    )
