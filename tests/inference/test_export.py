"""Exports are read by a process that cannot import this package."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tcc
from tcc.inference import export_files, plain_keras
from tcc.training import checkpoints
from tests.evaluation import checkpoint_folders
from tests.inference import runs

_SIZE = 48
_STRANGER = """
import os, pathlib, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
sys.modules["tcc"] = None  # to import it is an error now
import keras, numpy as np, tensorflow as tf

for folder in map(pathlib.Path, sys.argv[1:]):
    frames = dict(np.load(folder / "frames.npz"))
    model = keras.models.load_model(folder / "encoder.keras")
    weights = keras.models.model_from_json(
        (folder / "encoder.json").read_text()
    )
    weights.load_weights(folder / "encoder.weights.h5")
    served = tf.saved_model.load(folder / "served")
    signature = served.signatures["serving_default"]
    as_floats = tf.constant(frames["steps"], tf.float32)
    np.savez(
        folder / "embs.npz",
        keras=model(frames["steps"]),
        keras_predict=model.predict(frames["steps"], verbose=0),
        keras_one=model(frames["steps"][:1]),
        weights=weights(frames["steps"]),
        signature=signature(frames=as_floats)["embs"],
        signature_one=signature(frames=as_floats[:1])["embs"],
        steps=served.embed_steps(frames["steps"]),
        frames=served.embed_frames(frames["frames"]),
        video=served.embed_video(frames["video"]),
    )
try:
    import tcc
except ImportError:
    print("strange")
"""


def _write_run(folder, *, num_context=1, precision="float32", **model_fields):
    """Writes a log folder and all exports of it."""
    config = runs.small_config(**model_fields)
    config.data.image_size = _SIZE
    config.data.num_context = num_context
    config.model.convgru.conv_channels = (4,)
    config.model.convgru.gru_units = (6, 8)
    config.train.mixed_precision = precision
    checkpoint_folders.write_checkpoints(folder, config, [5])
    model = tcc.load(folder, precision="float32")
    # Of a trained network no statistic is 0 or 1.
    random = np.random.default_rng(0)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.moving_mean.shape
            layer.moving_mean.assign(random.normal(size=shape) / 10)
            layer.moving_variance.assign(random.uniform(0.5, 2, shape))
    export_files.write(model, folder / "encoder.keras", "keras")
    export_files.write(model, folder / "encoder.weights.h5", "weights")
    export_files.write(model, folder / "served", "saved_model")
    if model.encoder.is_recurrent:
        shape = (3, 4, _SIZE, _SIZE)
    elif num_context > 1:
        shape = (3, num_context, _SIZE, _SIZE)
    else:
        shape = (3, _SIZE, _SIZE)
    frames = {
        "steps": runs.random_frames(*shape),
        "frames": runs.random_frames(5, 40, 56),
        "video": runs.random_frames(37, 40, 56),
    }
    np.savez(folder / "frames.npz", **frames)  # type: ignore[arg-type]
    return model, frames


def _scale(frames):
    return frames.astype(np.float32) / 127.5 - 1


def _expected(model, frames):
    """Embeds the same with the network of this package."""
    steps = _scale(frames["steps"])
    if model.encoder.is_recurrent:
        embs = model(steps[:, :, np.newaxis]).numpy()
    elif model.encoder.num_context > 1:
        embs = model(steps[:, np.newaxis])[:, 0].numpy()
    else:
        embs = model(steps[:, np.newaxis, np.newaxis])[:, 0].numpy()
    return {
        "keras": embs,
        "keras_predict": embs,
        "keras_one": embs[:1],
        "weights": embs,
        "signature": embs,
        "signature_one": embs[:1],
        "steps": embs,
        "frames": model.embed_frames(frames["frames"]),
        "video": model.embed_video(frames["video"]),
    }


def _check_with_a_stranger(tmp_path, variants):
    written = {
        name: _write_run(tmp_path / name, **fields)
        for name, fields in variants.items()
    }
    folders = [str(tmp_path / name) for name in variants]
    # -I: no environment variables, and not this folder's modules.
    out = subprocess.run(
        [sys.executable, "-I", "-c", _STRANGER, *folders],
        check=True,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert out.endswith("strange\n")
    for name, (model, frames) in written.items():
        found = np.load(tmp_path / name / "embs.npz")
        for what, embs in _expected(model, frames).items():
            assert embs.std() > 1e-3  # the network distinguishes the frames
            np.testing.assert_allclose(
                found[what], embs, rtol=1e-5, atol=1e-5, err_msg=name + what
            )


def test_a_process_without_this_package_embeds_alike(tmp_path):
    _check_with_a_stranger(
        tmp_path,
        {
            "conv": {
                "num_context": 2,
                "precision": "mixed_bfloat16",
                "train_base": "frozen",
                "l2_normalize": True,
            },
        },
    )


@pytest.mark.slow
def test_every_embedder_and_kind_of_backbone(tmp_path):
    _check_with_a_stranger(
        tmp_path,
        {
            "mobilenetv2": {
                "backbone": "mobilenetv2",
                "num_context": 3,
                "precision": "mixed_float16",
            },
            "resnet50v2": {"backbone": "resnet50v2", "train_base": "only_bn"},
            "vggm": {
                "backbone": "vggm",
                "embedder": "light",
                "feature_grid": 2,
                "num_context": 2,
            },
            "convgru": {"embedder": "convgru", "train_base": "only_bn"},
        },
    )


@pytest.mark.parametrize("pooling", ["max", "avg", "flatten"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_convolutional_embedder_is_rewritten(pooling, batch_norm):
    config = runs.small_config()
    config.model.conv.pooling = pooling
    config.model.conv.batch_norm = batch_norm
    config.model.conv.conv_channels = (4, 6)
    encoder = checkpoints.build_encoder(config)
    frames = runs.random_frames(2, 2, 32, 32)
    np.testing.assert_allclose(
        plain_keras.rewrite(encoder)(frames),
        encoder(_scale(frames)[:, np.newaxis])[:, 0],
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("feature_grid", [0, 1, 2])
@pytest.mark.parametrize("num_context", [1, 3])
def test_the_light_embedder_is_rewritten(feature_grid, num_context):
    config = runs.small_config(embedder="light", feature_grid=feature_grid)
    config.data.image_size = 40  # features of 3 x 3
    config.data.num_context = num_context
    encoder = checkpoints.build_encoder(config)
    frames = runs.random_frames(2, num_context, 40, 40)
    np.testing.assert_allclose(
        plain_keras.rewrite(encoder)(
            frames if num_context > 1 else frames[:, 0]
        ),
        encoder(_scale(frames)[:, np.newaxis])[:, 0],
        rtol=1e-5,
        atol=1e-6,
    )


def test_the_recurrent_embedder_is_rewritten():
    config = runs.small_config(embedder="convgru")
    config.data.num_context = 1
    config.model.convgru.conv_channels = (4,)
    config.model.convgru.gru_units = (6, 8)
    encoder = checkpoints.build_encoder(config)
    frames = runs.random_frames(2, 5, 32, 32)
    np.testing.assert_allclose(
        plain_keras.rewrite(encoder)(frames),
        encoder(_scale(frames)[:, :, np.newaxis]),
        rtol=1e-5,
        atol=1e-6,
    )


def test_gradients_reach_the_layers_of_the_rewritten_model():
    config = runs.small_config(train_base="train_all")
    plain = plain_keras.rewrite(checkpoints.build_encoder(config))
    with tf.GradientTape() as tape:
        embs = plain(runs.random_frames(2, 2, 32, 32), training=True)
        loss = tf.reduce_sum(embs**2)
    gradients = tape.gradient(loss, plain.trainable_variables)
    assert len(gradients) > 10
    assert all(gradient is not None for gradient in gradients)


def test_the_command_says_what_the_network_takes(logdir, tmp_path):
    out = subprocess.run(
        [
            sys.executable,
            *("-m", "tcc.export", f"--logdir={logdir}", "--checkpoint=20"),
            f"--output={tmp_path}/new/x.weights.h5",
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert out.splitlines() == [
        f"{tmp_path}/new/x.weights.h5",
        f"{tmp_path}/new/x.json",
        "frames [B, 2, 32, 32, 3] in 0...255 -> embs [B, D]: the last of the "
        "2 is the step's own, those before it are 3 frames apart; before its "
        "start a video's first frame stands",
    ]
    layers = json.loads((tmp_path / "new/x.json").read_text())
    assert layers["config"]["name"] == "tcc_encoder"


def test_refuses_what_cannot_be_exported(logdir, tmp_path):
    model = tcc.load(logdir)
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        export_files.write(model, tmp_path / "x.h5", "keras")
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError, match="exists already"):
        export_files.write(model, tmp_path / "there", "saved_model")
    for name in ("enc [1]", "back\\slash"):
        with pytest.raises(ValueError, match=r"neither \[ \] nor"):
            export_files.write(model, tmp_path / name, "saved_model")
    low = tcc.load(logdir, precision="mixed_bfloat16")
    with pytest.raises(ValueError, match="compute in float32"):
        export_files.write(low, tmp_path / "x.keras", "keras")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_layers_of_others_are_named():
    class Mine(keras.layers.Layer):
        def call(self, x):
            return x * 1.0

    encoder = checkpoints.build_encoder(runs.small_config())
    images = keras.Input((32, 32, 3))
    encoder.backbone = keras.Model(
        images, encoder.backbone(Mine(name="mine")(images))
    )
    with pytest.raises(ValueError, match=r"SavedModel.*'mine', a Mine"):
        plain_keras.rewrite(encoder)
