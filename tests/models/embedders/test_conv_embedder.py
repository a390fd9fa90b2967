import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.models.embedders.conv_embedder import ConvEmbedder
from tcc.models.encoder import Encoder
from tests import golden_values
from tests.models import dropout_checks

# The golden settings: CONV_LAYERS (2, 3), FC_LAYERS (5, 4), capacity 2.
_GOLDEN = schema.ConvEmbedderConfig(
    capacity=2, conv_channels=(2, 3), fc_channels=(5, 4), fc_dropout=0.0
)


def _golden_embedder(case, config=_GOLDEN):
    """The embedder with the golden weights, and the input [B, F, S, ...]."""
    embedder = ConvEmbedder(config, embedding_size=6, l2_regularization=1e-5)
    num_context = golden_values.settings(case)["num_steps"]
    frames = golden_values.load(case)["in"]
    features = frames.reshape([2, 3, num_context, *frames.shape[2:]])
    embedder.build((None, None, *features.shape[2:]))
    weights = golden_values.load(f"{case}/w")
    for layer in [
        *embedder.conv_layers,
        *embedder.norm_layers,
        *embedder.fc_layers,
        embedder.emb_layer,
    ]:
        names = sorted(k for k in weights if k.startswith(f"{layer.name}/"))
        layer.set_weights([weights[name] for name in names])
    return embedder, features


@pytest.fixture(params=["embedder/steps1", "embedder/steps2"])
def case(request):
    return request.param


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("l2_normalize", [False, True])
def test_golden_inference(case, pooling, l2_normalize):
    embedder, features = _golden_embedder(
        case, dataclasses.replace(_GOLDEN, pooling=pooling)
    )
    image = keras.Input(features.shape[3:])
    encoder = Encoder(
        keras.Model(image, keras.layers.Identity()(image)),
        embedder,
        num_context=features.shape[2],
        l2_normalize=l2_normalize,
    )
    key = f"out_infer/{pooling}_pool/l2norm{int(l2_normalize)}"
    np.testing.assert_allclose(
        tf.reshape(encoder(features), [6, 6]),
        golden_values.load(case)[key],
        rtol=1e-4,
        atol=1e-6,
    )


def test_golden_training_and_moving_statistics(case):
    embedder, features = _golden_embedder(case)
    embs, state = embedder(features, training=True)
    golden = golden_values.load(case)
    assert state == ()
    np.testing.assert_allclose(
        tf.reshape(embs, [6, 6]),
        golden["out_train_nodropout"],
        rtol=1e-4,
        atol=1e-5,
    )
    for layer in embedder.norm_layers:
        np.testing.assert_allclose(
            layer.get_weights()[2:],
            golden[f"{layer.name}_moving_after_one_train_call"],
            rtol=1e-4,
            atol=1e-6,
        )


def test_golden_regularization(case):
    embedder, _ = _golden_embedder(case)
    np.testing.assert_allclose(
        sorted(float(loss) for loss in embedder.losses),
        sorted(golden_values.load(case)["reg_losses"]),
        rtol=1e-5,
    )


def test_default_weights_are_those_of_the_original():
    embedder = ConvEmbedder(
        schema.ConvEmbedderConfig(), embedding_size=128, l2_regularization=0
    )
    embedder.build((None, None, 2, 2, 2, 8))
    shapes = [tuple(w.shape) for w in embedder.weights if len(w.shape) > 1]
    assert shapes == [
        (3, 3, 3, 8, 512),
        (3, 3, 3, 512, 512),
        (512, 512),
        (512, 512),
        (512, 128),
    ]


def test_flatten_keeps_every_position():
    config = dataclasses.replace(_GOLDEN, pooling="flatten", conv_channels=(2,))
    embedder = ConvEmbedder(config, embedding_size=6, l2_regularization=0)
    embedder.build((None, None, 2, 3, 5, 7))
    # 2 context frames x 3 x 5 positions x 4 channels.
    assert embedder.fc_layers[0].kernel.shape == (120, 10)
    assert embedder(np.zeros([1, 4, 2, 3, 5, 7]))[0].shape == (1, 4, 6)


def test_without_batch_norm():
    config = dataclasses.replace(_GOLDEN, batch_norm=False)
    embedder = ConvEmbedder(config, embedding_size=6, l2_regularization=0)
    embedder.build((None, None, 2, 3, 3, 7))
    assert not embedder.non_trainable_variables
    assert len(embedder.weights) == 10


@pytest.mark.parametrize(
    "rates",
    [
        {"fc_dropout": 0.5},
        {"input_dropout": 0.5},
        {"input_dropout": 0.5, "input_dropout_spatial": True},
    ],
)
def test_dropout_follows_its_seed_and_only_in_training(rates):
    embedder, features = _golden_embedder(
        "embedder/steps2", dataclasses.replace(_GOLDEN, **rates)
    )
    dropout_checks.assert_dropout_follows_its_seed(embedder, features)


def test_unknown_pooling():
    config = dataclasses.replace(_GOLDEN, pooling="mean")
    with pytest.raises(ValueError, match=r"pooling.*avg.*Received: 'mean'"):
        ConvEmbedder(config, embedding_size=6, l2_regularization=0)
