"""Other conventions of pixels than [-1, 1]."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc import models

_PIXELS = np.array([[0, 51, 255], [102, 204, 153]], np.float32)  # RGB
_FRAMES = _PIXELS / 127.5 - 1


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        # (0 - .485) / .229, (.2 - .456) / .224, (1 - .406) / .225; second row
        # (.4 - .485) / .229, (.8 - .456) / .224, (.6 - .406) / .225
        (
            models.InputNormalization.imagenet(),
            [[-2.117904, -1.142857, 2.64], [-0.371179, 1.535714, 0.862222]],
        ),
        # 255 - 103.939, 51 - 116.779, 0 - 123.68; 153 …, 204 …, 102 …
        (
            models.InputNormalization.caffe(),
            [[151.061, -65.779, -123.68], [49.061, 87.221, -21.68]],
        ),
        (models.InputNormalization.unit(), _PIXELS / 255),
        (models.InputNormalization(255.0, mean=96.5), _PIXELS - 96.5),
    ],
)
def test_pixels_become_what_a_network_was_trained_on(layer, expected):
    np.testing.assert_allclose(layer(_FRAMES), expected, atol=2e-5, rtol=1e-6)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(again(_FRAMES), layer(_FRAMES))
    assert not layer.weights


def test_sums_are_made_in_full_precision():
    layer = models.InputNormalization.caffe(dtype="mixed_float16")
    found = layer(_FRAMES)
    assert found.dtype == tf.float16
    expected = models.InputNormalization.caffe()(_FRAMES)
    # Half of the last of 11 bits at 151 is .03125.
    np.testing.assert_allclose(found, expected, atol=0.0626)


def test_it_is_saved_with_a_model(tmp_path):
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, models.InputNormalization.imagenet()(inputs))
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    frames = np.random.default_rng(0).uniform(-1, 1, (1, 4, 4, 3))
    np.testing.assert_array_equal(loaded(frames), model(frames))


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match=r"mean must be one number or three"):
        models.InputNormalization(mean=(1.0, 2.0))
    with pytest.raises(ValueError, match=r"must be more than 0\. Received: 0"):
        models.InputNormalization(0.0)
    with pytest.raises(ValueError, match=r"must be more than 0"):
        models.InputNormalization(std=(1.0, 0.0, 1.0))
