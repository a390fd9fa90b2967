import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc import models
from tcc.configs import schema
from tcc.evaluation.embedding import embed
from tcc.models import feature_grid

_SIZE = 32
_FRAMES = np.random.default_rng(0).uniform(-1, 1, (23, _SIZE, _SIZE, 3))
_FRAMES = _FRAMES.astype(np.float32)


def _encoder(embedder="conv", num_context=2):
    config = schema.ModelConfig(
        backbone="small",
        weights="none",
        embedder=embedder,
        embedding_size=8,
        conv=schema.ConvEmbedderConfig(
            capacity=1, conv_channels=(6,), fc_channels=(5,)
        ),
        convgru=schema.ConvGRUEmbedderConfig(
            conv_channels=(6,), gru_units=(8,)
        ),
    )
    tf.keras.utils.set_random_seed(1)
    return models.build_encoder(
        config, image_size=_SIZE, num_context=num_context
    )


class _Reader:
    def __init__(self, frames=_FRAMES):
        self.frames = frames
        self.asked = []

    def __call__(self, indices):
        assert (np.diff(indices) > 0).all()
        self.asked.extend(indices.tolist())
        return self.frames[indices]


def _naive(encoder, *, stride, context_stride):
    """The whole video as one batch, each context frame by itself."""
    steps = np.arange(0, len(_FRAMES), stride)
    offsets = context_stride * np.arange(1 - encoder.num_context, 1)
    context = np.clip(steps[:, None] + offsets, 0, len(_FRAMES) - 1)
    return encoder(_FRAMES[context][None], training=False)[0].numpy()


@pytest.mark.parametrize(
    ("embedder", "num_context"), [("conv", 2), ("conv", 3), ("convgru", 1)]
)
@pytest.mark.parametrize("stride", [1, 3])
def test_equals_the_naive_encoder_for_every_chunk(
    embedder, num_context, stride
):
    encoder = _encoder(embedder, num_context)
    expected = _naive(encoder, stride=stride, context_stride=4)
    assert expected.std() > 0.01  # the encoder distinguishes the frames
    for chunk in (1, 5, 8, 40):
        reader = _Reader()
        embs, steps = embed.DenseEmbedder(
            encoder, context_stride=4, frames_per_chunk=chunk, stride=stride
        ).embed(reader, len(_FRAMES))
        np.testing.assert_allclose(embs, expected, rtol=1e-4, atol=1e-6)
        assert steps.tolist() == list(range(0, 23, stride))
        assert len(reader.asked) == len(set(reader.asked))


@pytest.mark.parametrize("num_context", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 3, 4])
def test_a_stream_of_unknown_length_is_embedded_alike(num_context, stride):
    encoder = _encoder("conv", num_context)
    embedder = embed.DenseEmbedder(
        encoder, context_stride=4, frames_per_chunk=5, stride=stride
    )
    for length in (1, 4, 5, 6, 23):
        expected, _ = embedder.embed(_Reader(), length)
        parts = list(embedder.embed_stream(_FRAMES[:length]))
        assert {len(part) for part in parts[:-1]} <= {5}
        np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-6)


def test_streamed_pixels_are_finished_as_those_of_prepared_videos():
    pixels = np.random.default_rng(2).integers(0, 256, (7, 40, 50, 3), np.uint8)
    encoder = _encoder()
    embedder = embed.DenseEmbedder(encoder, context_stride=2)
    embs = embed.embed_stream(embedder, iter(pixels))
    pngs = [tf.io.encode_png(frame).numpy() for frame in pixels]
    prepared = embed.embed_videos(
        embedder,
        [_Video("v", pngs, np.zeros(7), np.zeros(7), 10.0, 0)],
        dataset="a",
        split="val",
    )
    np.testing.assert_allclose(embs, prepared.embs[0], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="frames must hold one or more"):
        embed.embed_stream(embedder, [])


def test_context_counts_original_frames_whatever_the_stride():
    encoder = _encoder()
    every, _ = embed.DenseEmbedder(encoder, context_stride=4).embed(
        _Reader(), len(_FRAMES)
    )
    some, steps = embed.DenseEmbedder(
        encoder, context_stride=4, stride=5
    ).embed(_Reader(), len(_FRAMES))
    np.testing.assert_allclose(some, every[steps], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("num_context", [1, 2, 3])
def test_products_of_a_frame_are_shared_by_its_steps(num_context):
    encoder = _encoder("conv", num_context)
    features = tf.constant(
        np.random.default_rng(3).normal(size=(6, *encoder.feature_shape)),
        tf.float32,
    )
    contexts = np.random.default_rng(4).integers(0, 6, (1, 9, num_context))
    whole, _ = encoder.embed_features(tf.gather(features, contexts))
    shared, _ = encoder.embed_features(
        tf.gather(encoder.project(features), contexts), projected=True
    )
    assert np.std(whole) > 0.1
    np.testing.assert_allclose(shared, whole, rtol=1e-5, atol=1e-5)


class _CountingEncoder:
    """Embeds a frame as its value; counts what passes and how long it stays."""

    num_context = 3
    image_shape = (1, 1, 3)

    def __init__(self):
        self.traces = 0
        self.images = []

    def extract_features(self, images, training):
        self.traces += 1
        tf.py_function(
            lambda x: self.images.append(x[:, 0, 0, 0].numpy()), [images], []
        )
        return images

    def embed_features(self, features, training, initial_state):
        self.traces += 1
        return features[:, :, :, 0, 0, 0], ()


def test_each_frame_passes_once_in_fixed_shapes():
    encoder = _CountingEncoder()
    embedder = embed.DenseEmbedder(
        encoder, context_stride=5, frames_per_chunk=4
    )
    for length in (1, 4, 30, 31):
        encoder.images.clear()
        values = np.arange(length, dtype=np.float32)
        frames = np.tile(values[:, None, None, None], (1, 1, 1, 3))
        embs, _ = embedder.embed(_Reader(frames), length)
        # Step s sees s - 10, s - 5, s, no earlier than frame 0.
        expected = values[:, None] + np.array([-10, -5, 0])
        np.testing.assert_array_equal(embs, np.maximum(expected, 0))
        assert {len(batch) for batch in encoder.images} == {4}
        assert len(encoder.images) == -(-length // 4)
    # Backbone once, embedder for the first chunk and for those with a state.
    assert encoder.traces <= 3


def test_the_buffer_is_bounded_by_chunk_and_context(monkeypatch):
    sizes = []
    gather = tf.gather

    def counting_gather(values, indices):
        sizes.append(len(values))
        return gather(values, indices)

    monkeypatch.setattr(embed.tf, "gather", counting_gather)
    embedder = embed.DenseEmbedder(
        _CountingEncoder(), context_stride=5, frames_per_chunk=4
    )
    frames = np.zeros((200, 1, 1, 3), np.float32)
    embedder.embed(_Reader(frames), 200)
    assert max(sizes) <= 4 + 2 * 5


def test_recurrent_state_starts_anew_for_every_video():
    encoder = _encoder("convgru", 1)
    embedder = embed.DenseEmbedder(
        encoder, context_stride=1, frames_per_chunk=4
    )
    first, _ = embedder.embed(_Reader(), 23)
    second, _ = embedder.embed(_Reader(), 23)
    np.testing.assert_array_equal(first, second)


def test_pooled_backbone_by_hand():
    encoder = _encoder()
    pooled = embed.PooledBackbone(encoder)
    embs, _ = embed.DenseEmbedder(pooled, context_stride=4).embed(
        _Reader(), len(_FRAMES)
    )
    features = encoder.extract_features(_FRAMES, training=False).numpy()
    np.testing.assert_allclose(
        embs, features.mean(axis=(1, 2)), rtol=1e-4, atol=1e-6
    )


def test_refuses_bad_settings():
    encoder = _CountingEncoder()
    for name in ("context_stride", "frames_per_chunk", "stride"):
        with pytest.raises(ValueError, match=f"{name} must be 1 or more"):
            embed.DenseEmbedder(encoder, **({"context_stride": 1} | {name: 0}))
    embedder = embed.DenseEmbedder(encoder, context_stride=1)
    with pytest.raises(ValueError, match="seq_len must be 1 or more"):
        embedder.embed(_Reader(), 0)
    with pytest.raises(ValueError, match="one video or more"):
        embed.embed_videos(embedder, [], dataset="a", split="val")


@dataclasses.dataclass
class _Video:
    name: str
    jpegs: list
    frame_labels: np.ndarray
    timestamps: np.ndarray
    fps: float
    label: int


def test_labels_and_times_follow_the_steps():
    jpeg = tf.io.encode_jpeg(np.full((6, 6, 3), 90, np.uint8)).numpy()
    videos = [
        _Video(f"v{n}", [jpeg] * n, np.arange(n), np.arange(n) / 10.0, 10.0, n)
        for n in (5, 3)
    ]
    encoder = _CountingEncoder()
    encoder.image_shape = (4, 4, 3)
    embedder = embed.DenseEmbedder(encoder, context_stride=1, stride=2)
    result = embed.embed_videos(
        embedder, videos, dataset="a", split="val", step=7
    )
    assert result.names == ["v5", "v3"]
    assert [v.tolist() for v in result.frame_labels] == [[0, 2, 4], [0, 2]]
    assert [v.tolist() for v in result.times] == [[0, 0.2, 0.4], [0, 0.2]]
    assert result.seq_lens.tolist() == result.actions.tolist() == [5, 3]
    assert result.step == 7
    # 90 of 255 in [-1, 1], within JPEG rounding.
    np.testing.assert_allclose(result.embs[0], 90 / 127.5 - 1, atol=0.02)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("chunk", [1, 5, 40])
def test_centring_takes_the_mean_over_all_frames(stride, chunk):
    config = schema.ModelConfig(
        backbone="small",
        weights="none",
        embedder="light",
        feature_grid=2,
        embedding_size=8,
        light=schema.LightEmbedderConfig(
            inputs="both", cell_channels=(6,), fc_channels=(9,)
        ),
    )
    tf.keras.utils.set_random_seed(1)
    encoder = models.build_encoder(config, image_size=_SIZE, num_context=2)
    features = encoder.extract_features(_FRAMES).numpy()
    steps = np.arange(0, len(_FRAMES), stride)
    context = np.maximum(steps[:, None] + [-4, 0], 0)
    expected, _ = encoder.embed_features(
        features[context][None], means=features.mean(0)[None]
    )
    embedder = embed.DenseEmbedder(
        encoder, context_stride=4, frames_per_chunk=chunk, stride=stride
    )
    embs, found = embedder.embed(_Reader(), len(_FRAMES))
    assert found.tolist() == steps.tolist()
    np.testing.assert_allclose(embs, expected[0], rtol=1e-4, atol=1e-5)
    streamed = np.concatenate(list(embedder.embed_stream(iter(_FRAMES))))
    np.testing.assert_allclose(streamed, embs, rtol=1e-4, atol=1e-5)
    assert embs.std() > 0.01


@pytest.mark.parametrize("stride", [1, 3])
def test_features_are_kept_beside_embeddings(stride):
    frames = _FRAMES.repeat(2, 1).repeat(2, 2)
    config = schema.ModelConfig(
        backbone="small", weights="none", embedder="convgru", embedding_size=8
    )
    config.convgru.gru_units = (8,)
    encoder = models.build_encoder(config, image_size=64, num_context=1)
    embedder = embed.DenseEmbedder(
        encoder, context_stride=1, frames_per_chunk=5, stride=stride
    )
    kept: list[np.ndarray] = []
    embs, steps = embedder.embed(_Reader(frames), len(frames), features=kept)
    # The small backbone makes 4 x 4 cells; a grid of 3 overlaps them.
    cells = encoder.extract_features(frames[steps])
    assert cells.shape[1:3] == (4, 4)
    expected = feature_grid.average(cells, 3).numpy().reshape(len(steps), -1)
    expected -= expected.mean(0)
    np.testing.assert_allclose(kept[0], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(embs, embedder.embed(_Reader(frames), 23)[0])


def test_projected_features_are_not_kept():
    embedder = embed.DenseEmbedder(_encoder("conv"), context_stride=4)
    assert not embedder.has_features
