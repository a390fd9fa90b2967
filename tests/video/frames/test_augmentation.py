import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import seeds
from tcc.video.frames import augmentation
from tests import golden_values

_ALL = schema.AugmentationConfig(
    hue=True, saturation=True, crop=True, noise_stddev=0.1
)
_NONE = schema.AugmentationConfig(flip=False, brightness=False, contrast=False)


def _draws(config, count):
    return [augmentation.draw(seeds.from_int(i), config) for i in range(count)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("brightness", 0.1),
        ("contrast", 1.3),
        ("hue", 0.1),
        ("saturation", 0.7),
    ],
)
def test_colour_changes_equal_the_original(name, value):
    golden = golden_values.load("prep")
    frames = golden["frames_u8"].astype(np.float32) / 255
    changes = augmentation.ClipAugmentation(**{name: tf.constant(value)})
    changed = augmentation.change_colours(frames, changes)
    np.testing.assert_allclose(
        changed, golden[f"{name}_{value}"], rtol=1e-5, atol=1e-6
    )


def test_flip_equals_the_original():
    golden = golden_values.load("prep")
    frames = golden["frames_u8"].astype(np.float32) / 255
    flipped = augmentation.flip(tf.constant(frames))
    np.testing.assert_array_equal(flipped, golden["flip"])


def test_flip_takes_any_leading_axes():
    frames = np.arange(2 * 2 * 3 * 4 * 3).reshape(2, 2, 3, 4, 3)
    flipped = augmentation.flip(tf.constant(frames)).numpy()
    np.testing.assert_array_equal(flipped, frames[..., ::-1, :])
    one = augmentation.flip(tf.constant(frames[0, 0])).numpy()
    np.testing.assert_array_equal(one, frames[0, 0, :, ::-1])


def test_colour_changes_follow_the_drawn_order():
    # Contrast 0.6 first: the means .6, .4, .45 stay, so the first pixel
    # becomes .78, .28, .24; saturation 0.5 halves what is missing to its
    # largest channel: .78, .53, .51. Saturation first: .9, .55, .5 beside
    # .55, .7, .8, of means .725, .625, .65; contrast then gives .83, .58, .56.
    frame = tf.constant([[[0.9, 0.2, 0.1], [0.3, 0.6, 0.8]]])
    expected = {(0, 1): [0.78, 0.53, 0.51], (1, 0): [0.83, 0.58, 0.56]}
    for order, first_pixel in expected.items():
        changes = augmentation.ClipAugmentation(
            contrast=tf.constant(0.6),
            saturation=tf.constant(0.5),
            order=tf.constant(order),
        )
        changed = augmentation.change_colours(frame, changes)
        np.testing.assert_allclose(changed[0, 0], first_pixel, atol=1e-6)


def test_colour_means_are_the_means():
    frame = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    means = augmentation.colour_means(tf.constant(frame))
    np.testing.assert_allclose(means, frame.mean((0, 1)), rtol=1e-6)


def test_draw_stays_in_the_ranges_and_fills_them():
    draws = _draws(_ALL, 200)
    for name, low, high in [
        ("brightness", -32 / 255, 32 / 255),
        ("contrast", 0.5, 1.5),
        ("hue", -0.2, 0.2),
        ("saturation", 0.5, 1.5),
    ]:
        values = np.array([float(getattr(d, name)) for d in draws])
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high
    squares = np.array([d.crop.numpy() for d in draws])
    assert (squares[:, 0] >= 0.8).all()
    assert (squares <= 1).all()
    assert np.ptp(squares, axis=0) == pytest.approx([0.2, 1, 1], rel=0.1)
    # 100 of 200 flips, deviation sqrt(50) = 7.1
    assert abs(sum(bool(d.flip) for d in draws) - 100) < 4 * 7.1


def test_draws_of_one_clip_are_independent():
    draws = _draws(_ALL, 300)
    values = np.array(
        [
            [
                float(value)
                for value in (
                    d.brightness,
                    d.contrast,
                    d.hue,
                    d.saturation,
                    d.flip,
                    *d.crop,
                )
            ]
            for d in draws
        ]
    )
    correlations = np.corrcoef(values.T) - np.eye(values.shape[1])
    assert np.abs(correlations).max() < 5 / np.sqrt(300)


def test_every_order_of_the_colour_changes_occurs():
    config = dataclasses.replace(_ALL, hue=False)
    orders = {tuple(d.order.numpy()) for d in _draws(config, 60)}
    assert len(orders) == 6


def test_draw_is_a_function_of_the_seed():
    first, again, other = (
        np.asarray(augmentation.draw(seeds.from_int(n), _ALL).contrast)
        for n in (1, 1, 2)
    )
    assert first == again
    assert first != other
    in_graph = tf.function(lambda seed: augmentation.draw(seed, _ALL).contrast)
    assert in_graph(seeds.from_int(1)).numpy() == first


def test_draw_leaves_out_what_is_off():
    changes = augmentation.draw(seeds.from_int(0), _NONE)
    assert changes.flip is None
    assert changes.crop is None
    assert changes.colour_names == []
    assert changes.noise_stddev == 0
    assert changes.is_affine
    assert not augmentation.draw(seeds.from_int(0), _ALL).is_affine


@pytest.mark.parametrize(
    ("square", "corner", "side"),
    [
        ([1.0, 0.0, 0.0], (0, 0), 6),
        ([1.0, 1.0, 1.0], (0, 4), 6),  # 6 x 10: room for 5 lefts, 0...4
        ([0.5, 0.99, 0.5], (3, 4), 3),  # 4 tops: int(3.96); 8 lefts: int(4.0)
        ([0.01, 0.0, 0.0], (0, 0), 1),
    ],
)
def test_crop_cuts_a_square(square, corner, side):
    frame = np.arange(6 * 10 * 3).reshape(6, 10, 3)
    cut = augmentation.crop(tf.constant(frame), tf.constant(square))
    top, left = corner
    np.testing.assert_array_equal(
        cut, frame[top : top + side, left : left + side]
    )


def test_noise_has_its_strength_and_differs_between_frames():
    changes = augmentation.draw(seeds.from_int(0), _ALL)
    noise = np.stack(
        [
            augmentation.noise(tf.constant([40, 40, 3]), changes, index)
            for index in tf.range(2)
        ]
    )
    assert noise.std() == pytest.approx(0.1, rel=0.05)
    assert abs(np.corrcoef(noise.reshape(2, -1))[0, 1]) < 0.1
