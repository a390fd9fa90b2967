import numpy as np
import pytest
import tensorflow as tf

from tcc import models
from tcc.models import feature_grid
from tests.models.small_configs import model_config


def test_cells_of_whole_pixels_are_their_means():
    features = np.random.default_rng(0).normal(size=(2, 4, 6, 3))
    cells = feature_grid.average(tf.constant(features, tf.float32), 2)
    expected = features.reshape(2, 2, 2, 2, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(cells, expected, atol=1e-6)


def test_pixels_on_a_border_are_shared():
    # 3 pixels in 2 cells of 1.5: (1 + 2 / 2) / 1.5 and (2 / 2 + 6) / 1.5.
    row = tf.constant([1.0, 2.0, 6.0])
    features = tf.tile(row[None, None, :, None], [1, 3, 1, 1])
    cells = feature_grid.average(features, 2)[0, :, :, 0]
    expected = [[2 / 1.5, 7 / 1.5]] * 2
    np.testing.assert_allclose(cells, expected, rtol=1e-6)


def test_sums_do_not_lose_bits():
    features = tf.fill([1, 64, 64, 1], tf.constant(1.0, tf.bfloat16))
    cells = feature_grid.average(features, 1)
    assert cells.dtype == tf.bfloat16
    assert float(cells[0, 0, 0, 0]) == 1.0


def test_the_encoder_embeds_the_averages():
    encoder = models.build_encoder(
        model_config(feature_grid=1), image_size=32, num_context=2
    )
    assert encoder.feature_shape == (1, 1, 128)
    frames = tf.random.stateless_uniform([1, 3, 2, 32, 32, 3], seed=[0, 1])
    whole = encoder.backbone(tf.reshape(frames, [-1, 32, 32, 3]))
    means = tf.reduce_mean(whole, axis=(1, 2))
    embs, _ = encoder.embed_features(tf.reshape(means, [1, 3, 2, 1, 1, 128]))
    np.testing.assert_allclose(encoder(frames), embs, atol=1e-5)


def test_a_grid_finer_than_the_features_is_refused():
    with pytest.raises(ValueError, match=r"at most .* 2 x 2; .* Received: 3"):
        models.build_encoder(
            model_config(feature_grid=3), image_size=32, num_context=2
        )
