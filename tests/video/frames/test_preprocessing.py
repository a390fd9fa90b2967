import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import seeds
from tcc.video.frames import augmentation, preprocessing
from tests import golden_values


def _encode_png(frames):
    return tf.constant([tf.io.encode_png(frame).numpy() for frame in frames])


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (3, 21, 34, 3), np.uint8)


@pytest.fixture(scope="module")
def smooth_frames():
    """Frames as cameras give them: neighbouring pixels are alike."""
    coarse = np.random.default_rng(0).integers(0, 256, (3, 5, 8, 3))
    large = tf.image.resize(coarse, (120, 160), method="bicubic")
    return tf.cast(tf.clip_by_value(large, 0, 255), tf.uint8).numpy()


def _follow_the_original(frames, changes, image_size):
    """Its order of operations, one after the other at the stored size."""
    if changes.crop is not None:
        frames = np.stack(
            [augmentation.crop(tf.constant(f), changes.crop) for f in frames]
        )
    frames = tf.constant(frames, tf.float32) / 255
    if changes.flip is not None and bool(changes.flip):
        frames = tf.image.flip_left_right(frames)
    frames = augmentation.change_colours(frames, changes)
    frames = tf.image.resize(frames, [image_size, image_size])
    return (tf.clip_by_value(frames, 0.0, 1.0) - 0.5) / 0.5


def test_frames_equal_the_original():
    golden = golden_values.load("prep")
    jpegs = _encode_png(golden["frames_u8"])
    decoded = preprocessing.decode_frames(jpegs, 8)
    np.testing.assert_allclose(
        decoded, golden["out_noaug_size8"], rtol=1e-5, atol=1e-6
    )


_COLOURS = {"hue": True, "saturation": True}


# Contrast stretches about the mean of the resized frame, and that of noise
# changes when it is resized: at its stored size, or without contrast.
@pytest.mark.parametrize(
    ("enabled", "image_size"),
    [
        ({}, 21),
        ({"brightness": False}, 21),
        ({"contrast": False}, 12),
        ({"contrast": False}, 40),
        ({"contrast": False, "crop": True}, 12),
        (_COLOURS, 12),
        (_COLOURS, 40),
        ({**_COLOURS, "crop": True, "flip": False}, 12),
        ({**_COLOURS, "crop": True, "flip": False}, 40),
    ],
)
def test_augmented_clips_equal_the_original_order(frames, enabled, image_size):
    config = dataclasses.replace(schema.AugmentationConfig(), **enabled)
    square = frames[:, :, :21]
    for number in range(3):
        changes = augmentation.draw(seeds.from_int(number), config)
        clip = preprocessing.decode_clip(
            _encode_png(square), image_size=image_size, changes=changes
        )
        np.testing.assert_allclose(
            clip,
            _follow_the_original(square, changes, image_size),
            atol=2e-5,
        )


@pytest.mark.parametrize("enabled", [{}, {"crop": True}, {"brightness": False}])
@pytest.mark.parametrize("image_size", [24, 56, 140])
def test_contrast_equals_the_original_within_jpeg_rounding(
    smooth_frames, enabled, image_size
):
    config = dataclasses.replace(schema.AugmentationConfig(), **enabled)
    for number in range(3):
        changes = augmentation.draw(seeds.from_int(number), config)
        clip = preprocessing.decode_clip(
            _encode_png(smooth_frames), image_size=image_size, changes=changes
        )
        np.testing.assert_allclose(
            clip,
            _follow_the_original(smooth_frames, changes, image_size),
            atol=0.5 / 127.5,  # half a step of 0...255
        )


def test_all_frames_of_a_clip_are_changed_alike(frames):
    same = np.stack([frames[0]] * 4)
    config = schema.AugmentationConfig(hue=True, saturation=True, crop=True)
    clip = preprocessing.decode_clip(
        _encode_png(same),
        image_size=16,
        changes=augmentation.draw(seeds.from_int(5), config),
    ).numpy()
    np.testing.assert_array_equal(clip, np.stack([clip[0]] * 4))


def test_noise_is_added_in_units_of_the_full_range():
    grey = np.full((1, 32, 32, 3), 128, np.uint8)
    changes = augmentation.ClipAugmentation(
        noise_seed=seeds.from_int(3), noise_stddev=0.05
    )
    clip = preprocessing.decode_clip(
        _encode_png(grey), image_size=32, changes=changes
    ).numpy()
    # [0, 1] becomes [-1, 1], so a deviation of 0.05 becomes 0.1.
    assert clip.std() == pytest.approx(0.1, rel=0.05)
    assert clip.mean() == pytest.approx(128 / 127.5 - 1, abs=0.01)


def test_values_are_cut_to_the_range_of_the_network():
    extremes = np.zeros((1, 4, 4, 3), np.uint8)
    extremes[0, :2] = 255
    changes = augmentation.ClipAugmentation(contrast=tf.constant(1.5))
    clip = preprocessing.decode_clip(
        _encode_png(extremes), image_size=4, changes=changes
    )
    assert np.unique(clip.numpy()).tolist() == [-1.0, 1.0]


def test_decode_frames_takes_lists_and_sizes_that_differ():
    sizes = [(10, 20), (33, 7)]
    jpegs = [
        tf.io.encode_jpeg(np.full((*size, 3), 200, np.uint8)).numpy()
        for size in sizes
    ]
    decoded = preprocessing.decode_frames(jpegs, 8)
    assert decoded.shape == (2, 8, 8, 3)
    assert decoded.dtype == tf.float32
    np.testing.assert_allclose(decoded, 200 / 127.5 - 1, atol=0.02)


def test_decode_frames_takes_grey_and_no_frames():
    grey = tf.io.encode_jpeg(np.full((9, 9, 1), 90, np.uint8)).numpy()
    decoded = preprocessing.decode_frames([grey], 4).numpy()
    np.testing.assert_allclose(decoded, 90 / 127.5 - 1, atol=0.02)
    assert preprocessing.decode_frames([], 4).shape == (0, 4, 4, 3)
