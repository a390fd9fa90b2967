"""Frames with a geometry of their own, and draws that some of them share."""

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tcc.configs import schema
from tcc.video import clip_spec, input_pipeline
from tcc.video.frames import scoped_frames
from tcc.video.frames.scoped_frames import Change, ScopedFrames
from tests import golden_values
from tests.video import prepared_videos

_PLACES = tf.constant([[0, 1], [1, 2], [0, 0]])  # 3 clips of 2 frames


def _png(pixels):
    return tf.io.encode_png(pixels.astype(np.uint8)).numpy()


def _ramp(height, width):
    """Red tells the row, green the column; blue is 0."""
    pixels = np.zeros((height, width, 3))
    pixels[..., 0] = np.arange(height)[:, None]
    pixels[..., 1] = np.arange(width)
    return pixels


def _load(loader, pixels, seed=(1, 2), places=_PLACES):
    """Loads frames of given pixels; [T, C, H, W, 3] in 0...255."""
    jpegs = tf.constant([_png(p) for p in pixels])
    seed = None if seed is None else tf.constant(seed)
    return (_in_graph(loader)(jpegs, places, seed).numpy() + 1) * 127.5


@functools.cache
def _in_graph(loader):
    return tf.function(loader)


def _corners(loader, seed):
    """Top and left of each window, [3, 2, 2]."""
    frames = _load(loader, 3 * [_ramp(20, 30)], seed)
    return np.rint(frames[:, :, 0, 0, :2]).astype(int)


@pytest.mark.parametrize(
    ("scope", "groups"),
    [
        ("video", [[0, 0], [0, 0], [0, 0]]),
        ("step", [[0, 0], [1, 1], [2, 2]]),
        ("frame", [[0, 1], [2, 3], [4, 5]]),
        ((7, 7, 3), [[7, 7], [7, 7], [3, 3]]),
    ],
)
def test_windows_are_shared_as_their_scope_says(scope, groups):
    loader = ScopedFrames((20, 30), (4, 6), scope)
    groups = np.ravel(groups)
    drawn = np.stack([_corners(loader, (0, n)) for n in range(60)])
    drawn = drawn.reshape(60, 6, 2)
    for i in range(6):
        for j in range(6):
            alike = (drawn[:, i] == drawn[:, j]).all()
            assert alike == (groups[i] == groups[j])
    # All rows 0...16 and columns 0...24 at which a window fits, and no other.
    assert drawn[..., 0].min() == 0
    assert drawn[..., 0].max() == 16
    assert drawn[..., 1].min() == 0
    assert drawn[..., 1].max() == 24


def test_a_window_is_cut_from_the_frame():
    loader = ScopedFrames((20, 30), (4, 6), "step")
    frames = _load(loader, 3 * [_ramp(20, 30)])
    for window in frames.reshape(-1, 4, 6, 3):
        top, left = np.rint(window[0, 0, :2]).astype(int)
        expected = _ramp(20, 30)[top : top + 4, left : left + 6]
        np.testing.assert_allclose(window, expected, atol=1e-3)


def test_evaluation_takes_the_centre():
    # (20 - 4) / 2 = 8 and (31 - 6) / 2 = 12.5, of which Python makes 12.
    loader = ScopedFrames((20, 31), (4, 6), "frame", changes=_all_changes())
    expected = _ramp(20, 31)[8:12, 12:18]
    frames = _load(loader, 3 * [_ramp(20, 31)], seed=None)
    assert frames.shape == (3, 2, 4, 6, 3)
    np.testing.assert_allclose(frames[2, 1], expected, atol=1e-3)
    pixels = _ramp(20, 31)[None].astype(np.uint8)
    np.testing.assert_allclose(
        (loader.scale(pixels)[0] + 1) * 127.5, expected, atol=1e-3
    )
    np.testing.assert_allclose(
        (loader.decode([_png(_ramp(20, 31))])[0] + 1) * 127.5,
        expected,
        atol=1e-3,
    )


def _all_changes():
    return tuple(
        Change(change, "frame")
        for change in (
            scoped_frames.mirror(),
            scoped_frames.one_channel(),
            scoped_frames.colours(schema.AugmentationConfig()),
        )
    )


def test_resizing_is_that_of_pillow():
    golden = golden_values.load("pil_resize", "pretext.npz")
    image = golden["image_24x32"]
    frame = ScopedFrames((12, 16)).scale(image[None])[0]
    np.testing.assert_allclose(
        (frame + 1) * 127.5, golden["bilinear_12x16"], atol=1.0
    )
    plain = ScopedFrames((12, 16), antialias=False).scale(image[None])[0]
    off = np.abs((plain + 1) * 127.5 - golden["bilinear_12x16"]).max()
    assert off > 20
    for size in ((12, 16), (48, 64)):
        nearest = ScopedFrames(size, method="nearest").scale(image[None])[0]
        expected = Image.fromarray(image).resize(
            size[::-1], Image.Resampling.NEAREST
        )
        np.testing.assert_allclose(
            (nearest + 1) * 127.5, np.asarray(expected), atol=1e-3
        )


def test_changes_are_drawn_for_their_scopes():
    # Mirrored by video, one channel by frame, in grey levels 10, 20, 30.
    pixels = np.zeros((2, 3, 3))
    pixels[:, 0] = [10, 20, 30]
    loader = ScopedFrames(
        (2, 3),
        changes=(
            Change(scoped_frames.mirror(), "video"),
            Change(scoped_frames.one_channel(), "frame"),
        ),
    )
    sides, channels, differ = set(), set(), 0
    for n in range(40):
        frames = np.rint(_load(loader, 3 * [pixels], (4, n)))
        mirrored = frames[..., 0, -1, 0] > 0
        assert (mirrored == mirrored[0, 0]).all()
        column = frames[:, :, :, -1 if mirrored[0, 0] else 0]
        assert (column == column[..., :1]).all()  # grey
        sides.add(bool(mirrored[0, 0]))
        channels |= set(column[..., 0].ravel())
        differ += len(set(column[..., 0, 0].ravel())) > 1
    assert sides == {True, False}
    assert channels == {10, 20, 30}
    assert differ > 30  # of 40; six frames are alike in 3 of 729


def test_changes_happen_with_their_probability():
    frame = tf.reshape(tf.range(12.0), [2, 2, 3]) / 12
    for change in (scoped_frames.mirror(0.3), scoped_frames.one_channel(0.3)):
        happened = [
            bool(tf.reduce_any(change(frame, tf.constant([n, 1])) != frame))
            for n in range(400)
        ]
        # Standard deviation sqrt(.3 * .7 / 400) = .023.
        assert 0.2 < np.mean(happened) < 0.4
    never, always = (scoped_frames.mirror(p) for p in (0.0, 1.0))
    seed = tf.constant([0, 0])
    np.testing.assert_array_equal(never(frame, seed), frame)
    np.testing.assert_array_equal(always(frame, seed), frame[:, ::-1])


def test_colours_change_as_configured():
    config = schema.AugmentationConfig(
        contrast=False, brightness_max_delta=0.25, crop=True, noise_stddev=1.0
    )
    change = scoped_frames.colours(config)
    frame = tf.fill([2, 2, 3], 0.5)
    drawn = np.array([change(frame, tf.constant([n, 0])) for n in range(50)])
    assert (np.ptp(drawn, axis=(1, 2, 3)) == 0).all()
    assert 0.25 <= drawn.min() < 0.3
    assert 0.7 < drawn.max() <= 0.75


def test_values_stay_in_range():
    config = schema.AugmentationConfig(brightness_max_delta=2.0)
    loader = ScopedFrames(
        (2, 3), changes=(Change(scoped_frames.colours(config), "frame"),)
    )
    frames = _load(loader, 3 * [np.full((2, 3, 3), 128)])
    assert frames.min() >= 0
    assert frames.max() <= 255


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match=r"crop must fit into resize \(\(4, 4"):
        ScopedFrames((4, 4), (5, 4))
    with pytest.raises(ValueError, match=r"method must be bilinear or nearest"):
        ScopedFrames((4, 4), method="cubic")
    scope: Any = "clip"
    with pytest.raises(ValueError, match=r"a scope must be one of video, step"):
        ScopedFrames((4, 4), crop_scope=scope)
    loader = ScopedFrames((4, 4), crop_scope=(0, 1))
    with pytest.raises(
        ValueError, match=r"each of the 3 steps\. Received: \(0"
    ):
        _load(loader, 3 * [_ramp(4, 4)])


def test_batches_are_loaded_with_it(tmp_path):
    prepared_videos.write(tmp_path)
    config = schema.DataConfig(
        data_dir=str(tmp_path), datasets=("tiny",), num_steps=3
    )
    spec = clip_spec.ClipSpec(
        num_context=4,
        context_stride=1,
        load_frames=ScopedFrames((14, 19), (12, 10), "step"),
    )

    def take(start_step, **settings):
        batches = input_pipeline.training_batches(
            config,
            batch_size=2,
            seed=0,
            start_step=start_step,
            spec=spec,
            **settings,
        )
        assert batches.element_spec["frames"].shape == [2, 3, 4, 12, 10, 3]
        return next(iter(batches))["frames"].numpy()

    np.testing.assert_array_equal(take(3), take(3))
    # Frames of one grey: only the changes of colour of the configuration, of
    # which a loader of its own knows nothing, would tell them from these.
    np.testing.assert_allclose(take(3), take(3, augment=False), atol=1e-5)
