import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc import models
from tcc.configs import schema
from tests.models.small_configs import model_config


def _frames(num_videos=3, num_steps=4, num_context=2, seed=0):
    return tf.random.stateless_uniform(
        [num_videos, num_steps, num_context, 32, 32, 3],
        seed=[seed, 1],
        minval=-1,
        maxval=1,
    )


def _build(num_context=2, **changes):
    return models.build_encoder(
        model_config(**changes), image_size=32, num_context=num_context
    )


@pytest.fixture(name="encoder", scope="module")
def _encoder():
    """An encoder in inference; its statistics are not those at the start."""
    encoder = _build()
    encoder(_frames(seed=5), training=True)
    return encoder


@pytest.fixture(name="precision")
def _precision(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def test_all_weights_exist_before_the_first_call():
    encoder = _build()
    before = len(encoder.weights)
    optimizer = keras.optimizers.Adam()
    optimizer.build(encoder.trainable_variables)
    embs = encoder(_frames())
    assert encoder.built
    assert len(encoder.weights) == before
    assert embs.shape == (3, 4, 6)
    assert encoder.feature_shape == (2, 2, 128)
    assert encoder.num_context == 2
    assert not encoder.is_recurrent


def test_graph_equals_eager_and_keeps_static_shapes(encoder):
    embed = tf.function(
        encoder, input_signature=[tf.TensorSpec([None, 4, 2, 32, 32, 3])]
    )
    frames = _frames()
    assert embed.get_concrete_function().structured_outputs.shape[1:] == (4, 6)
    np.testing.assert_allclose(embed(frames), encoder(frames), rtol=1e-4)


def test_call_is_features_then_embeddings_in_any_chunks(encoder):
    frames = _frames()
    whole = encoder(frames)
    images = tf.reshape(frames, [-1, 32, 32, 3])
    features = tf.concat(
        [
            encoder.extract_features(chunk)
            for chunk in tf.split(images, [1, 16, 7])
        ],
        axis=0,
    )
    features = tf.reshape(features, [3, 4, 2, *encoder.feature_shape])
    parts = [
        encoder.embed_features(chunk)[0]
        for chunk in tf.split(features, [3, 1], axis=1)
    ]
    np.testing.assert_allclose(
        tf.concat(parts, axis=1), whole, rtol=1e-5, atol=1e-6
    )


def test_videos_do_not_see_each_other_at_inference(encoder):
    frames = _frames()
    together = encoder(frames)
    for i in range(3):
        alone = encoder(frames[i : i + 1])
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-5, atol=1e-6)


def test_steps_do_not_see_each_other(encoder):
    frames = _frames()
    np.testing.assert_allclose(
        encoder(frames[:, ::-1])[:, ::-1],
        encoder(frames),
        rtol=1e-5,
        atol=1e-6,
    )


def test_context_matters_in_its_order(encoder):
    frames = _frames()
    swapped = encoder(frames[:, :, ::-1])
    assert np.max(np.abs(swapped - encoder(frames))) > 1e-3


def test_gradients_reach_every_weight():
    encoder = _build()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder(_frames(), training=True) ** 2)
        loss += tf.add_n(encoder.losses)
    variables = encoder.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(loss, variables), strict=True
    ):
        assert gradient is not None, variable.path
        assert np.any(gradient), variable.path
        assert np.all(np.isfinite(gradient)), variable.path


@pytest.mark.parametrize("embedder", ["conv", "convgru", "light"])
def test_losses_are_the_weighted_sum_of_squares(embedder):
    encoder = _build(num_context=1, embedder=embedder, l2_regularization=0.01)

    @tf.function
    def regularization(frames):
        encoder(frames, training=True)
        return tf.add_n(encoder.losses)

    if embedder == "light":
        layers = list(encoder.embedder.cell_layers)
    else:
        layers = list(encoder.embedder.conv_layers)
    if embedder != "convgru":
        layers += [*encoder.embedder.fc_layers, encoder.embedder.emb_layer]
    expected = 0.01 * sum(
        np.sum(np.square(weight))
        for layer in layers
        for weight in layer.get_weights()
    )
    frames = _frames(num_context=1)
    for _ in range(2):  # they do not add up over calls
        np.testing.assert_allclose(regularization(frames), expected, rtol=1e-5)
    assert len(encoder.losses) == 2 * len(layers)


def test_l2_normalize():
    # Wide layers: of a few units, some starting weights leave none active.
    conv = schema.ConvEmbedderConfig(
        capacity=1, conv_channels=(16, 16), fc_channels=(64, 64)
    )
    embs = _build(l2_normalize=True, conv=conv)(_frames())
    np.testing.assert_allclose(
        np.linalg.norm(embs, axis=-1), np.ones([3, 4]), rtol=1e-5
    )


@pytest.mark.parametrize("seed", [None, [1, 2]])
def test_seed_decides_the_dropout(seed):
    encoder = _build()
    seed = None if seed is None else tf.constant(seed)
    frames = _frames(num_videos=30)
    embs = encoder(frames, training=True, seed=seed)
    again = encoder(frames, training=True, seed=seed)
    assert np.all(embs.numpy() == again.numpy()) == (seed is not None)


@pytest.mark.parametrize("embedder", ["conv", "convgru", "light"])
def test_checkpoint_round_trip(tmp_path, embedder):
    trained = _build(num_context=1, embedder=embedder)
    frames = _frames(num_context=1)
    trained(frames, training=True)  # moves the statistics
    path = tf.train.Checkpoint(encoder=trained).save(str(tmp_path / "ckpt"))
    restored = _build(num_context=1, embedder=embedder)
    assert np.max(np.abs(restored(frames) - trained(frames))) > 1e-3
    tf.train.Checkpoint(encoder=restored).restore(path).assert_consumed()
    np.testing.assert_allclose(
        restored(frames), trained(frames), rtol=1e-5, atol=1e-6
    )


def test_weights_round_trip(tmp_path):
    trained, other = _build(), _build()
    trained.save_weights(tmp_path / "encoder.weights.h5")
    other.load_weights(tmp_path / "encoder.weights.h5")
    np.testing.assert_allclose(
        other(_frames()), trained(_frames()), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("embedder", ["conv", "convgru", "light"])
@pytest.mark.parametrize(
    "precision", ["mixed_bfloat16", "mixed_float16"], indirect=True
)
def test_low_precision_inside_float32_outside(precision, embedder):
    encoder = _build(num_context=1, embedder=embedder)
    frames = _frames(num_context=1)
    images = tf.reshape(frames, [-1, 32, 32, 3])
    assert encoder.extract_features(images).dtype == precision[6:]
    with tf.GradientTape() as tape:
        embs = encoder(frames, training=True)
        loss = tf.reduce_sum(embs**2) + tf.add_n(encoder.losses)
    assert embs.dtype == tf.float32
    assert all(w.dtype == "float32" for w in encoder.weights)
    variables = encoder.trainable_variables
    for gradient in tape.gradient(loss, variables):
        assert gradient.dtype == tf.float32


@pytest.mark.parametrize("precision", ["mixed_bfloat16"], indirect=True)
def test_low_precision_is_near_float32(precision):
    low = _build()
    keras.config.set_dtype_policy("float32")
    full = _build()
    full.set_weights(low.get_weights())
    embs = full(_frames())
    # bfloat16 has 8 bits: 2**-8 per operation, a few in a row.
    difference = np.max(np.abs(low(_frames()) - embs))
    assert 0 < difference < 0.05 * np.max(np.abs(embs))


@pytest.mark.parametrize("precision", ["mixed_bfloat16"], indirect=True)
def test_recurrent_state_is_not_rounded_between_chunks(precision):
    encoder = _build(num_context=1, embedder="convgru")
    features = tf.random.stateless_normal([2, 6, 1, 2, 2, 128], [1, 2])
    whole, _ = encoder.embed_features(features)
    first, state = encoder.embed_features(features[:, :3])
    second, _ = encoder.embed_features(features[:, 3:], initial_state=state)
    np.testing.assert_allclose(
        tf.concat([first, second], axis=1), whole, rtol=1e-5, atol=1e-6
    )


def test_float16_features_from_a_cache(encoder):
    frames = _frames()
    features = tf.reshape(
        encoder.extract_features(tf.reshape(frames, [-1, 32, 32, 3])),
        [3, 4, 2, *encoder.feature_shape],
    )
    embs, _ = encoder.embed_features(tf.cast(features, tf.float16))
    assert embs.dtype == tf.float32
    np.testing.assert_allclose(embs, encoder(frames), rtol=0.02, atol=0.02)


def test_compiled_by_xla(encoder):
    frames = _frames(num_videos=1, num_steps=2)
    compiled = tf.function(encoder, jit_compile=True)
    np.testing.assert_allclose(
        compiled(frames), encoder(frames), rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize(
    "shape", [[3, 4, 1, 32, 32, 3], [3, 4, 2, 16, 32, 3], [4, 2, 32, 32, 3]]
)
def test_frames_of_another_shape(encoder, shape):
    with pytest.raises(ValueError, match=r"\[N, T, 2, 32, 32, 3\].*Received"):
        encoder(tf.zeros(shape))


def test_unknown_embedder():
    with pytest.raises(ValueError, match=r"conv, .*light.*Received: 'gru'"):
        _build(embedder="gru")
