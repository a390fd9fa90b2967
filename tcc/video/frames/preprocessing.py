"""From encoded frames to what a network takes: float32 in [-1, 1].

The original's order is: colours to [0, 1], augment, resize (bilinear), cut to
[0, 1], (x - 0.5) / 0.5. The values here are the same; the work is not: each
frame is finished as soon as it is decoded, while it is in the processor's
cache, so that no clip is ever held at its stored size in float32; and the
changes of colour that commute with resizing are made on the small frames. Hue
and saturation do not commute and are made at the stored size. The mean about
which contrast stretches is that of the small frame: the pixels that resizing
samples, instead of all. On camera frames the two differ by less than the
rounding of JPEG.
"""

import tensorflow as tf

from tcc.video.frames import augmentation

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
    return decode_clip(
        jpegs,
        image_size=image_size,
        changes=_NO_CHANGES,
        decoded_at_once=_DECODED_AT_ONCE,
    )


def scale_frames(frames: tf.Tensor, image_size: int) -> tf.Tensor:
    """Brings decoded frames to what `decode_frames` gives for them.

    Args:
        frames: [..., H, W, 3] in 0...255, any integer or float dtype; one
            leading dimension, or none.
        image_size: H = W of the result, pixels.

    Returns:
        float32 [..., H, W, 3] in [-1, 1].
    """
    return _scale(tf.convert_to_tensor(frames), image_size)


@tf.function(reduce_retracing=True)
def _scale(frames: tf.Tensor, image_size: int) -> tf.Tensor:
    small = tf.image.resize(frames, [image_size, image_size])
    return tf.clip_by_value(small * (1.0 / 127.5) - 1.0, -1.0, 1.0)


def decode_clip(
    jpegs: tf.Tensor,
    *,
    image_size: int,
    changes: augmentation.ClipAugmentation,
    places: tf.Tensor | None = None,
    decoded_at_once: int = 1,
) -> tf.Tensor:
    """Decodes and augments the frames of one clip.

    Args:
        jpegs: string [K], encoded frames.
        image_size: H = W, pixels.
        changes: What happens to all of them.
        places: int32 or int64 [...], for each place of the result an index into
            `jpegs`; a frame may have several places. None is 0...K-1.
        decoded_at_once: Frames. Leave it at 1 where several clips are decoded
            in parallel.

    Returns:
        float32 [..., H, W, 3] in [-1, 1]; [K, H, W, 3] without `places`.
    """
    count = tf.size(jpegs)
    shape = [image_size, image_size, 3]
    frames = tf.TensorArray(tf.float32, count, element_shape=shape)

    def decode(
        index: tf.Tensor, frames: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.TensorArray]:
        frame = _decode_frame(jpegs[index], index, image_size, changes)
        return index + 1, frames.write(index, frame)

    _, frames = tf.while_loop(
        lambda index, _: index < count,
        decode,
        (tf.constant(0), frames),
        parallel_iterations=decoded_at_once,
    )
    if places is None:
        places = tf.range(count)
    # One copy puts every frame where it belongs.
    gathered = frames.gather(tf.cast(tf.reshape(places, [-1]), tf.int32))
    gathered = tf.reshape(gathered, tf.concat([tf.shape(places), shape], 0))
    return tf.ensure_shape(gathered, [*places.shape, *shape])


def _decode_frame(
    jpeg: tf.Tensor,
    index: tf.Tensor,
    image_size: int,
    changes: augmentation.ClipAugmentation,
) -> tf.Tensor:
    """Returns a finished frame, float32 [H, W, 3]; `index` is for its noise."""
    frame = tf.io.decode_jpeg(jpeg, channels=3)
    if changes.crop is not None:
        frame = augmentation.crop(frame, changes.crop)
    if not changes.is_affine:
        scaled = tf.cast(frame, tf.float32) / 255.0
        frame = augmentation.change_colours(scaled, changes) * 255.0
    small = tf.image.resize(frame, [image_size, image_size])
    means = tf.zeros([3])
    if changes.is_affine and changes.contrast is not None:
        means = augmentation.colour_means(small)
    if changes.flip is not None:
        small = tf.cond(
            changes.flip, lambda: augmentation.flip(small), lambda: small
        )
    return _finish(small, means, index, changes)


def _finish(
    frame: tf.Tensor,
    means: tf.Tensor,
    index: tf.Tensor,
    changes: augmentation.ClipAugmentation,
) -> tf.Tensor:
    """Brings a frame from 0...255 to [-1, 1], changing its colours.

    With f the contrast's factor, m the mean of a channel and b the
    brightness, in either order: x -> f (x - m) + m + b. Together with
    (x - 0.5) / 0.5 this is one product and one sum.

    Args:
        frame: float32 [H, W, 3] in 0...255.
        means: float32 [3] in 0...255, about which contrast stretches.
        index: int32 scalar, of the frame in its clip.
        changes: What happens.

    Returns:
        float32 [H, W, 3] in [-1, 1].
    """
    factor, shift = tf.constant(1.0), tf.constant(0.0)
    if changes.is_affine and changes.contrast is not None:
        factor = changes.contrast
    if changes.is_affine and changes.brightness is not None:
        shift = changes.brightness
    bias = (1.0 - factor) * means / 127.5 + (2.0 * shift - 1.0)
    # Rows of 3 W values: adding 3 values to each pixel is far slower.
    height, width, _ = frame.shape
    rows = tf.reshape(frame, [height, width * 3])
    rows = rows * (factor / 127.5) + tf.tile(bias, [width])
    if changes.noise_stddev > 0.0:
        rows += 2.0 * augmentation.noise(tf.shape(rows), changes, index)
    rows = tf.raw_ops.ClipByValue(
        t=rows, clip_value_min=-1.0, clip_value_max=1.0
    )
    return tf.reshape(rows, frame.shape)
