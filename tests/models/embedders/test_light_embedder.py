import dataclasses

import numpy as np
import pytest

from tcc.configs import schema, validation
from tcc.models.embedders.light_embedder import LightEmbedder
from tests.models import dropout_checks

_CONFIG = schema.LightEmbedderConfig(
    cell_channels=(4,), fc_channels=(7, 5), fc_dropout=0.0
)
_SHAPE = (2, 3, 2, 2, 3, 6)  # N, T, C, h, w, c


def _embedder(config=_CONFIG, shape=_SHAPE):
    embedder = LightEmbedder(config, embedding_size=8, l2_regularization=0)
    embedder.build((None, None, *shape[2:]))
    return embedder


def _features(seed=0, shape=_SHAPE):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _slowly(embedder, features):
    """Embeds one step [C, h, w, c] in inference, cell by cell."""
    (cell,), (norm,) = embedder.cell_layers, embedder.norm_layers
    gamma, beta, mean, variance = norm.get_weights()
    kernel, bias = cell.get_weights()
    cells = []
    for row in range(features.shape[1]):
        for column in range(features.shape[2]):
            context = np.concatenate(features[:, row, column])
            x = context @ kernel + bias
            x = gamma * (x - mean) / np.sqrt(variance + norm.epsilon) + beta
            cells.append(np.maximum(x, 0))
    x = np.concatenate(cells)
    for layer in embedder.fc_layers:
        kernel, bias = layer.get_weights()
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = embedder.emb_layer.get_weights()
    return x @ kernel + bias


def test_it_is_a_dense_layer_on_every_cell_then_on_all():
    embedder = _embedder()
    features = _features()
    embedder(_features(1), training=True)  # moves the statistics
    embs, state = embedder(features)
    assert state == ()
    expected = [[_slowly(embedder, step) for step in v] for v in features]
    np.testing.assert_allclose(embs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("num_context", [1, 2, 3, 5])
def test_any_number_of_context_frames_and_their_order(num_context):
    shape = (2, 3, num_context, 2, 2, 6)
    embedder = _embedder(shape=shape)
    assert embedder.cell_layers[0].kernel.shape == (num_context * 6, 4)
    features = _features(shape=shape)
    embs, _ = embedder(features)
    assert embs.shape == (2, 3, 8)
    turned, _ = embedder(features[:, :, ::-1])
    assert np.allclose(embs, turned) == (num_context == 1)


def test_training_normalises_with_the_statistics_of_the_batch():
    embedder = _embedder()
    features = _features()
    embs, _ = embedder(features, training=True)
    shifted, _ = embedder(features + 100.0, training=True)
    np.testing.assert_allclose(embs, shifted, rtol=1e-2, atol=1e-2)
    moved, _ = embedder(features + 100.0)
    assert np.max(np.abs(moved - embs)) > 1


def test_without_layers_on_cells():
    embedder = _embedder(dataclasses.replace(_CONFIG, cell_channels=()))
    # 2 frames x 2 x 3 cells x 6 channels.
    assert embedder.fc_layers[0].kernel.shape == (72, 7)
    assert not embedder.non_trainable_variables
    assert embedder(_features())[0].shape == (2, 3, 8)


def test_dropout_follows_its_seed_and_only_in_training():
    embedder = _embedder(dataclasses.replace(_CONFIG, fc_dropout=0.5))
    dropout_checks.assert_dropout_follows_its_seed(embedder, _features())


def test_it_needs_a_grid():
    config = schema.ExperimentConfig()
    config.model.embedder = "light"
    with pytest.raises(ValueError, match=r"model.feature_grid must be 1 or mo"):
        validation.validate(config)
    config.model.feature_grid = 2
    validation.validate(config)
    config.model.light.fc_dropout = 1.0
    with pytest.raises(ValueError, match=r"model.light.fc_dropout"):
        validation.validate(config)


@pytest.mark.parametrize("inputs", ["centred", "both"])
def test_inputs_are_centred_over_the_video(inputs):
    config = dataclasses.replace(_CONFIG, inputs=inputs)
    embedder = _embedder(config)
    features = _features()
    means = _features(2)[:, 0, 0]  # of whole videos, [N, h, w, c]
    embs, _ = embedder(features, means=means)
    centred = features - means[:, None, None]
    taken = {
        "centred": centred,
        "both": np.concatenate([features, centred], axis=-1),
    }[inputs]
    expected = [[_slowly(embedder, step) for step in v] for v in taken]
    np.testing.assert_allclose(embs, expected, rtol=1e-4, atol=1e-5)


def test_centred_embeddings_ignore_what_never_changes():
    embedder = _embedder(dataclasses.replace(_CONFIG, inputs="centred"))
    features = _features()
    moved = features + _features(3)[:, :1, :1]  # the same in all frames
    np.testing.assert_allclose(
        embedder(features)[0], embedder(moved)[0], rtol=1e-4, atol=1e-5
    )
    plain = _embedder()
    assert not np.allclose(plain(features)[0], plain(moved)[0], atol=0.01)


def test_without_means_they_are_those_of_the_frames_given():
    embedder = _embedder(dataclasses.replace(_CONFIG, inputs="both"))
    features = _features()
    np.testing.assert_allclose(
        embedder(features)[0],
        embedder(features, means=features.mean((1, 2)))[0],
        rtol=1e-5,
        atol=1e-6,
    )


def test_unknown_inputs_are_refused():
    config = schema.ExperimentConfig()
    config.model.light.inputs = "center"
    with pytest.raises(ValueError, match=r"model\.light\.inputs.*both"):
        validation.validate(config)
