"""From encoded frames to what a network takes: float32 in [-1, 1].

The original's order is: colours to [0, 1], augment, resize (bilinear), cut to
[0, 1], (x - 0.5) / 0.5. The values here are the same; the work is not: each
frame is resized as soon as it is decoded, so that no clip is ever held at its
stored size in float32, and the changes of colour that commute with resizing
are made on the small frames. Hue and saturation do not commute and are made
at the stored size.
"""

import tensorflow as tf

from tcc.video import augmentation

_NO_CHANGES = augmentation.ClipAugmentation()
_DECODED_AT_ONCE = 16  # frames; bounds memory


def decode_frames(jpegs: tf.Tensor, image_size: int) -> tf.Tensor:
    """Decodes frames for a network, without augmentation.

    Args:
        jpegs: string [K], encoded frames (JPEG or PNG), of any sizes; a list
            of bytes is taken too.
        image_size: H = W, pixels.

    Returns:
        float32 [K, H, W, 3] in [-1, 1].
    """
    return _decode_unchanged(tf.convert_to_tensor(jpegs, tf.string), image_size)


@tf.function(reduce_retracing=True)
def _decode_unchanged(jpegs: tf.Tensor, image_size: int) -> tf.Tensor:
    return decode_clip(jpegs, image_size=image_size, changes=_NO_CHANGES)


def decode_clip(
    jpegs: tf.Tensor,
    *,
    image_size: int,
    changes: augmentation.ClipAugmentation,
) -> tf.Tensor:
    """Decodes and augments the frames of one clip.

    Args:
        jpegs: string [K], encoded frames.
        image_size: H = W, pixels.
        changes: What happens to all of them.

    Returns:
        float32 [K, H, W, 3] in [-1, 1].
    """
    small = tf.TensorSpec([image_size, image_size, 3], tf.float32)
    frames, means = tf.map_fn(
        lambda jpeg: _decode_frame(jpeg, image_size, changes),
        jpegs,
        fn_output_signature=(small, tf.TensorSpec([3], tf.float32)),
        parallel_iterations=_DECODED_AT_ONCE,
    )
    if changes.flip is not None:
        frames = tf.cond(
            changes.flip, lambda: augmentation.flip(frames), lambda: frames
        )
    return _finish(frames, means, changes)


def _decode_frame(
    jpeg: tf.Tensor, image_size: int, changes: augmentation.ClipAugmentation
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a frame float32 [H, W, 3] in 0...255, and its means [3]."""
    frame = tf.io.decode_jpeg(jpeg, channels=3)
    if changes.crop is not None:
        frame = augmentation.crop(frame, changes.crop)
    means = tf.zeros([3])
    if not changes.is_affine:
        scaled = tf.cast(frame, tf.float32) / 255.0
        frame = augmentation.change_colours(scaled, changes) * 255.0
    elif changes.contrast is not None:
        means = augmentation.colour_means(frame)
    return tf.image.resize(frame, [image_size, image_size]), means


def _finish(
    frames: tf.Tensor,
    means: tf.Tensor,
    changes: augmentation.ClipAugmentation,
) -> tf.Tensor:
    """Brings frames from 0...255 to [-1, 1], changing their colours.

    With f the contrast's factor, m the mean of a channel and b the
    brightness, in either order: x -> f (x - m) + m + b. Together with
    (x - 0.5) / 0.5 this is one product and one sum.

    Args:
        frames: float32 [K, H, W, 3] in 0...255.
        means: float32 [K, 3] in 0...255.
        changes: What happens.

    Returns:
        float32 [K, H, W, 3] in [-1, 1].
    """
    factor, shift = tf.constant(1.0), tf.constant(0.0)
    if changes.is_affine and changes.contrast is not None:
        factor = changes.contrast
    if changes.is_affine and changes.brightness is not None:
        shift = changes.brightness
    bias = (1.0 - factor) * means / 127.5 + (2.0 * shift - 1.0)
    # Rows of 3 W values: adding 3 values to each pixel is far slower.
    shape = tf.shape(frames)
    width = frames.shape[2]
    rows = tf.reshape(frames, [-1, frames.shape[1], width * 3])
    rows = rows * (factor / 127.5) + tf.tile(bias, [1, width])[:, tf.newaxis]
    if changes.noise_stddev > 0.0:
        rows += 2.0 * augmentation.noise(tf.shape(rows), changes)
    rows = tf.raw_ops.ClipByValue(
        t=rows, clip_value_min=-1.0, clip_value_max=1.0
    )
    return tf.ensure_shape(tf.reshape(rows, shape), frames.shape)
