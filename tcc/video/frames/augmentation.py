"""Random changes to a clip, the same for all of its frames.

`draw` decides what happens to a clip; the other functions do it. Values are
as in the original's `preprocessors.py`: colours in [0, 1], which a change may
leave until the clip is cut to that range at the end.
"""

import dataclasses

import tensorflow as tf

from tcc.configs import schema
from tcc.video import seeds

# Purposes of a draw, folded into the seed.
_FLIP, _BRIGHTNESS, _CONTRAST, _HUE, _SATURATION, _CROP, _ORDER, _NOISE = range(
    8
)


@dataclasses.dataclass(frozen=True)
class ClipAugmentation:
    """What happens to one clip; None where it never happens.

    Attributes:
        flip: bool scalar, mirror left-right.
        brightness: float32 scalar, added.
        contrast: float32 scalar, the factor of the distance to the mean.
        hue: float32 scalar, turns.
        saturation: float32 scalar, factor.
        crop: float32 [3]: side of the square in shorter sides of the frame,
            and its top and left in the room that is left.
        order: int32 [number of colour changes], the order of `colour_names`;
            None is as listed.
        noise_seed: int32 [2].
        noise_stddev: Of the range [0, 1]; 0 is none.
    """

    flip: tf.Tensor | None = None
    brightness: tf.Tensor | None = None
    contrast: tf.Tensor | None = None
    hue: tf.Tensor | None = None
    saturation: tf.Tensor | None = None
    crop: tf.Tensor | None = None
    order: tf.Tensor | None = None
    noise_seed: tf.Tensor | None = None
    noise_stddev: float = 0.0

    @property
    def is_affine(self) -> bool:
        """Whether all changes of colour keep straight lines straight.

        Brightness and contrast do. They then commute with each other and with
        bilinear resizing, and are done on the small frames at once.
        """
        return self.hue is None and self.saturation is None

    @property
    def colour_names(self) -> list[str]:
        """The colour changes that happen."""
        names = ("brightness", "contrast", "hue", "saturation")
        return [name for name in names if getattr(self, name) is not None]


def draw(
    seed: tf.Tensor, config: schema.AugmentationConfig
) -> ClipAugmentation:
    """Draws the changes to one clip.

    Args:
        seed: int32 [2].
        config: What may happen, and how far.

    Returns:
        The changes, the same for the same seed.
    """

    def uniform(purpose: int, low: float, high: float) -> tf.Tensor:
        return tf.random.stateless_uniform(
            [], seeds.fold(seed, purpose), minval=low, maxval=high
        )

    changes: dict[str, tf.Tensor] = {}
    if config.flip:
        changes["flip"] = uniform(_FLIP, 0.0, 1.0) < 0.5
    if config.brightness:
        delta = config.brightness_max_delta
        changes["brightness"] = uniform(_BRIGHTNESS, -delta, delta)
    if config.contrast:
        changes["contrast"] = uniform(
            _CONTRAST, config.contrast_lower, config.contrast_upper
        )
    if config.hue:
        delta = config.hue_max_delta
        changes["hue"] = uniform(_HUE, -delta, delta)
    if config.saturation:
        changes["saturation"] = uniform(
            _SATURATION, config.saturation_lower, config.saturation_upper
        )
    if config.crop:
        changes["crop"] = tf.random.stateless_uniform(
            [3],
            seeds.fold(seed, _CROP),
            minval=tf.constant([config.crop_min_scale, 0.0, 0.0]),
            maxval=1.0,
        )
    drawn = ClipAugmentation(**changes)
    return dataclasses.replace(
        drawn,
        order=tf.random.experimental.stateless_shuffle(
            tf.range(len(drawn.colour_names)), seed=seeds.fold(seed, _ORDER)
        ),
        noise_seed=seeds.fold(seed, _NOISE),
        noise_stddev=config.noise_stddev,
    )


def flip(frames: tf.Tensor) -> tf.Tensor:
    """Mirrors frames left-right.

    Args:
        frames: [..., H, W, 3] of any type.

    Returns:
        The same shape and type.
    """
    # TensorFlow reverses rows of pixels several times faster when it is given
    # them in exactly three dimensions.
    shape = tf.shape(frames)
    rows = tf.reshape(frames, [-1, shape[-2], 3])
    return tf.ensure_shape(
        tf.reshape(tf.reverse(rows, [1]), shape), frames.shape
    )


def crop(frame: tf.Tensor, square: tf.Tensor) -> tf.Tensor:
    """Cuts out a square.

    Args:
        frame: [H, W, 3] of any type.
        square: float32 [3], as `ClipAugmentation.crop`.

    Returns:
        [S, S, 3], S = max(1, round(square[0] * min(H, W))).
    """
    size = tf.shape(frame)[:2]
    shorter = tf.cast(tf.reduce_min(size), tf.float32)
    side = tf.maximum(tf.cast(tf.round(square[0] * shorter), tf.int32), 1)
    room = tf.cast(size - side + 1, tf.float32)
    corner = tf.cast(square[1:] * room, tf.int32)
    # The product may round up to the whole of the room.
    corner = tf.minimum(corner, size - side)
    return frame[corner[0] : corner[0] + side, corner[1] : corner[1] + side]


def change_colours(frames: tf.Tensor, changes: ClipAugmentation) -> tf.Tensor:
    """Changes brightness, contrast, hue and saturation in the drawn order.

    Args:
        frames: float32 [..., H, W, 3], in [0, 1].
        changes: What happens.

    Returns:
        The same shape; values may leave [0, 1].
    """
    operations = {
        "brightness": tf.image.adjust_brightness,
        "contrast": tf.image.adjust_contrast,
        "hue": tf.image.adjust_hue,
        "saturation": tf.image.adjust_saturation,
    }
    names = changes.colour_names
    order = tf.range(len(names)) if changes.order is None else changes.order
    for place in range(len(names)):
        branches = [
            lambda frames=frames, name=name: operations[name](
                frames, getattr(changes, name)
            )
            for name in names
        ]
        frames = tf.switch_case(order[place], branches)
    return frames


def colour_means(frame: tf.Tensor) -> tf.Tensor:
    """Returns the mean of each channel, which contrast leaves in place.

    Args:
        frame: [H, W, 3] of a number type.

    Returns:
        float32 [3].
    """
    # A product with ones sums whole rows several times faster than a
    # reduction does.
    height, width = tf.shape(frame)[0], tf.shape(frame)[1]
    rows = tf.reshape(tf.cast(frame, tf.float32), [height, width * 3])
    columns = tf.reshape(tf.matmul(tf.ones([1, height]), rows), [width, 3])
    pixels = tf.cast(height * width, tf.float32)
    return tf.reduce_sum(columns, 0) / pixels


def noise(
    shape: tf.Tensor, changes: ClipAugmentation, index: tf.Tensor
) -> tf.Tensor:
    """Draws noise: of one strength for the clip, anew for each frame.

    Args:
        shape: int32 [rank], of a frame.
        changes: With noise_stddev above 0.
        index: int32 scalar, of the frame in the clip.

    Returns:
        float32 of that shape.
    """
    return tf.random.stateless_normal(
        shape,
        seeds.fold(changes.noise_seed, index),
        stddev=changes.noise_stddev,
    )
