"""Batches of cached features are those of frames, through the backbone."""

import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms, feature_cache
from tcc.configs import schema
from tcc.training import checkpoints
from tcc.video import input_pipeline, prepared, seeds
from tcc.video.frames import augmentation, preprocessing
from tests.video import prepared_videos

_NO_AUGMENTATION = schema.AugmentationConfig(
    flip=False, brightness=False, contrast=False
)


def _batches(config, features=None, **options):
    return input_pipeline.training_batches(
        config.data,
        batch_size=config.train.batch_size,
        seed=config.train.seed,
        features=features,
        **options,
    )


def _features_of(encoder, frames):
    """Features [N, T, C, h, w, c] of frames."""
    flat = encoder.extract_features(
        tf.reshape(frames, [-1, *encoder.image_shape])
    )
    return np.reshape(flat, [*frames.shape[:3], *encoder.feature_shape])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("grid", [0, 1])
def test_features_are_those_of_the_same_frames(cached_config, dtype, grid):
    config = cached_config
    config.data.augmentation = _NO_AUGMENTATION
    config.feature_cache.dtype = dtype
    config.model.feature_grid = grid
    encoder = checkpoints.build_encoder(config)
    features = feature_cache.open_or_build(config, encoder)
    for plain, cached in zip(
        _batches(config).take(3),
        _batches(config, features).take(3),
        strict=True,
    ):
        assert plain.keys() - {"frames"} == cached.keys() - {"features"}
        for key in cached.keys() - {"features"}:
            np.testing.assert_array_equal(plain[key], cached[key], key)
        assert cached["features"].dtype == dtype
        expected = _features_of(encoder, plain["frames"])
        rounding = 2e-3 if dtype == "float16" else 1e-2
        np.testing.assert_allclose(
            tf.cast(cached["features"], tf.float32),
            expected,
            rtol=rounding,
            atol=rounding * expected.std(),
        )


def test_workers_and_later_starts_get_their_part_of_the_batch(cached_config):
    cached_config.train.batch_size = 4
    encoder = checkpoints.build_encoder(cached_config)
    features = feature_cache.open_or_build(cached_config, encoder)
    whole = list(_batches(cached_config, features).take(4))
    for worker in range(2):
        part = _batches(
            cached_config,
            features,
            start_step=3,
            num_workers=2,
            worker=worker,
        )
        for key, values in next(iter(part)).items():
            expected = whole[3][key][2 * worker : 2 * worker + 2]
            np.testing.assert_array_equal(values, expected, key)


def test_variants_are_clip_consistent_and_drawn_by_step(cached_config):
    config = cached_config
    config.feature_cache.variants = 3
    encoder = checkpoints.build_encoder(config)
    features = feature_cache.open_or_build(config, encoder)
    video, frames = tf.constant(2, tf.int64), tf.range(5, dtype=tf.int64)
    variants = {
        features.read_features(video, frames, [0, seed]).numpy().tobytes()
        for seed in range(30)
    }
    assert len(variants) == 3
    first, again = (next(iter(_batches(config, features))) for _ in range(2))
    np.testing.assert_array_equal(first["features"], again["features"])


def test_a_variant_is_one_augmentation_of_all_frames(cached_config):
    config = cached_config
    config.feature_cache.variants = 2
    config.eval.frames_per_chunk = 7  # several chunks a video, one padded
    encoder = checkpoints.build_encoder(config)
    features = feature_cache.open_or_build(config, encoder)
    video = next(
        prepared.iterate_videos(
            config.data.datasets[0], config.data.data_dir, "train"
        )
    )
    seq_len = len(video.jpegs)
    cached = {
        features.read_features(
            tf.constant(0, tf.int64), tf.range(seq_len, dtype=tf.int64), [0, i]
        )
        .numpy()
        .tobytes()
        for i in range(10)
    }
    frames = {}
    for variant in range(2):
        seed = seeds.fold(seeds.from_int(config.train.seed), 4, 0, variant)
        frames[variant] = preprocessing.decode_clip(
            tf.constant(video.jpegs),
            image_size=config.data.image_size,
            changes=augmentation.draw(seed, config.data.augmentation),
        )
    distances = [
        [
            np.abs(
                np.frombuffer(found, np.float16).reshape(seq_len, -1)
                - np.reshape(encoder.extract_features(images), [seq_len, -1])
            ).max()
            for images in frames.values()
        ]
        for found in cached
    ]
    # Each of both is one of both.
    assert np.min(distances, axis=1).max() < 2e-3 < np.max(distances)
    assert set(np.argmin(distances, axis=1)) == {0, 1}


def test_views_of_a_recording_are_cached(cached_config, tmp_path):
    prepared_videos.write(tmp_path, "tiny", lengths={"train": [20] * 3})
    config = cached_config
    config.data.data_dir = str(tmp_path)
    config.data.datasets = ("tiny",)
    config.data.view_pattern = "(video)_.*"  # one recording, three views
    config.data.augmentation = _NO_AUGMENTATION
    encoder = checkpoints.build_encoder(config)
    features = feature_cache.open_or_build(config, encoder)
    plain = next(iter(_batches(config)))
    cached = next(iter(_batches(config, features)))
    np.testing.assert_array_equal(plain["names"], cached["names"])
    np.testing.assert_array_equal(cached["steps"][0], cached["steps"][1])
    np.testing.assert_allclose(
        cached["features"], _features_of(encoder, plain["frames"]), atol=2e-3
    )


@pytest.mark.parametrize(
    "name", ["alignment", "sal", "tcn", "classification", "alignment_sal_tcn"]
)
def test_losses_and_gradients_are_those_of_frames(cached_config, name):
    config = cached_config
    config.algorithm.name = name
    config.data.augmentation = _NO_AUGMENTATION
    encoder = checkpoints.build_encoder(config)
    algorithm = algorithms.build_algorithm(config, encoder)
    features = feature_cache.open_or_build(config, encoder)
    options = {"spec": algorithm.spec}
    plain = next(iter(_batches(config, **options)))
    cached = next(iter(_batches(config, features, **options)))
    assert "frames" not in cached

    def run(batch):
        with tf.GradientTape() as tape:
            loss, _ = algorithm.objective(
                batch, training=True, seed=tf.constant([3, 4])
            )
        variables = algorithm.trainable_variables
        gradients = tape.gradient(loss, variables)
        flat = [tf.reshape(g, [-1]) for g in gradients if g is not None]
        return float(loss), np.concatenate(flat)

    loss, gradients = run(plain)
    cached_loss, cached_gradients = run(cached)
    assert np.linalg.norm(gradients) > 0
    np.testing.assert_allclose(cached_loss, loss, rtol=2e-3)
    difference = np.linalg.norm(cached_gradients - gradients)
    assert difference < 0.02 * np.linalg.norm(gradients)


@pytest.mark.parametrize("variants", [0, 3])
def test_means_are_those_of_the_cached_features(cached_config, variants):
    config = cached_config
    config.model.embedder = "light"
    config.model.feature_grid = 2
    config.model.light.inputs = "both"
    config.feature_cache.variants = variants
    encoder = checkpoints.build_encoder(config)
    cache = feature_cache.open_or_build(config, encoder)
    batch = next(iter(_batches(config, cache)))
    shape = (config.train.batch_size, *encoder.feature_shape)
    assert batch["feature_means"].shape == shape
    for video in range(3):
        for seed in ([0, 1], [5, 7]):  # each draws a variant
            count = cache.read_video(video)["seq_len"]
            whole = cache.read_features(video, tf.range(count), seed)
            np.testing.assert_allclose(
                cache.read_means(video, seed),
                tf.cast(whole, tf.float32).numpy().mean(0),
                rtol=1e-4,
                atol=1e-5,
            )


def test_means_are_read_only_where_they_are_needed(cached_config):
    encoder = checkpoints.build_encoder(cached_config)
    cache = feature_cache.open_or_build(cached_config, encoder)
    assert not cache.has_means
    assert "feature_means" not in next(iter(_batches(cached_config, cache)))
