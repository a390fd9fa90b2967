"""A small strided network for CPUs, trained from scratch."""

import keras

# Channels of the four convolutions. 16 at the full first resolution keeps
# the first layers, where all pixels are, as cheap as the last.
_CHANNELS = (16, 32, 64, 128)


def build(image_size: int) -> keras.Model:
    """Builds four strided convolutions with batch normalisation and ReLU.

    Strides do what pooling does elsewhere, so no layer computes what the
    next one throws away. 0.1 M parameters, total stride 16.

    Args:
        image_size: pixels, height and width.

    Returns:
        A model from images [B, H, W, 3] in [-1, 1] to features
        [B, ceil(H / 16), ceil(W / 16), 128].
    """
    x = images = keras.Input((image_size, image_size, 3), name="images")
    for i, channels in enumerate(_CHANNELS, start=1):
        x = keras.layers.Conv2D(
            channels,
            5 if i == 1 else 3,
            2,
            padding="same",
            use_bias=False,  # the normalisation's beta is one
            kernel_initializer="he_normal",
            name=f"conv{i}",
        )(x)
        # Momentum .9: the statistics follow within tens of steps, and a
        # useful training on a CPU has only hundreds.
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"bn{i}")(x)
        x = keras.layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(images, x, name="small")
