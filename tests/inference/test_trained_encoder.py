import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tcc
from tcc.applications import clips
from tcc.evaluation.embedding import embed
from tcc.training import checkpoints
from tcc.video import files, prepared
from tests.evaluation import checkpoint_folders
from tests.inference import runs


def _prepared_embs(logdir, frames, encode=tf.io.encode_png):
    """What extract_embeddings computes for the frames of a data set."""
    encoder, config, _ = checkpoints.restore_encoder(logdir)
    video = prepared.Video(
        name="video",
        jpegs=[encode(frame).numpy() for frame in frames],
        frame_labels=np.zeros(len(frames), np.int64),
        timestamps=np.arange(len(frames)) / 10,
        fps=10.0,
        label=-1,
    )
    return embed.embed_videos(
        embed.build_embedder(encoder, config),
        [video],
        dataset="any",
        split="any",
    ).embs[0]


def test_frames_are_embedded_exactly_as_prepared_videos(logdir):
    frames = runs.random_frames(71, 40, 50)
    model = tcc.load(logdir)
    embs = model.embed_video(frames)
    assert embs.dtype == np.float32 and embs.shape == (71, 8)
    assert embs.std(axis=0).min() > 1e-4  # the network distinguishes them
    np.testing.assert_array_equal(embs, _prepared_embs(logdir, frames))


def test_a_file_is_embedded_as_its_frames(logdir):
    model = tcc.load(logdir)
    frames = [
        frame.pixels
        for frame in files.read_frames(runs.VIDEO, fps=10, shorter_side=60)
    ]
    embs = model.embed_video(runs.VIDEO, fps=10, size=60)
    np.testing.assert_array_equal(embs, model.embed_video(np.stack(frames)))
    # And as a data set of that file, up to its JPEGs.
    of_data_set = clips.from_files([runs.VIDEO], logdir, sample_fps=10)
    whole = model.embed_video(str(runs.VIDEO), fps=10, size=224)
    spread = whole.std(axis=0).mean()
    gaps = np.abs(of_data_set.embeddings.embs[0] - whole)
    assert gaps.mean() < 0.3 * spread


def test_every_other_step_of_a_video(logdir):
    frames = runs.random_frames(30, 32, 32)
    model = tcc.load(logdir)
    np.testing.assert_allclose(
        model.embed_video(frames, stride=2),
        model.embed_video(frames)[::2],
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("embedder", "num_context"), [("conv", 1), ("conv", 3), ("convgru", 1)]
)
def test_a_picture_is_the_first_frame_of_a_video(
    tmp_path, embedder, num_context
):
    config = runs.small_config(embedder=embedder)
    config.model.convgru.conv_channels = (4,)
    config.model.convgru.gru_units = (8,)
    config.data.num_context = num_context
    config.eval.frames_per_chunk = 4
    checkpoint_folders.write_checkpoints(tmp_path, config, [3])
    model = tcc.load(tmp_path)
    frames = runs.random_frames(6, 40, 32)
    expected = [model.embed_video(frame[None])[0] for frame in frames]
    embs = model.embed_frames(frames)
    np.testing.assert_allclose(embs, expected, rtol=1e-4, atol=1e-6)
    as_floats = model.embed_frames(frames.astype(np.float32))
    np.testing.assert_array_equal(as_floats, embs)


def test_it_is_a_keras_model_of_the_checkpoint(logdir):
    encoder, _, _ = checkpoints.restore_encoder(logdir, "20")
    model = tcc.load(str(logdir), "ckpt-20")
    assert isinstance(model, keras.Model)
    assert model.count_params() == encoder.count_params() > 0
    frames = np.random.default_rng(0).uniform(-1, 1, (2, 3, 2, 32, 32, 3))
    np.testing.assert_array_equal(model(frames), encoder(frames))
    model.embed_frames(runs.random_frames(2, 40, 32))  # makes a quick copy
    assert model.count_params() == encoder.count_params()
    assert len(model.trainable_variables) == len(encoder.trainable_variables)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros((2, 32, 3)), r"\[L, H, W, 3\].*Received: \[2, 32, 3\]"),
        (np.zeros((0, 32, 32, 3)), "L at least 1"),
        (np.full((1, 2, 2, 3), -0.5), r"0\.\.\.255"),
        (
            np.linspace(0, 1, 12).reshape(1, 2, 2, 3),
            "0...255. Received: 0.0...1.0",
        ),
        (np.full((1, 2, 2, 3), "a"), "must be numbers. Received: <U1"),
    ],
)
def test_refuses_what_are_no_frames(logdir, frames, message):
    model = tcc.load(logdir)
    for embed_them in (model.embed_video, model.embed_frames):
        with pytest.raises(ValueError, match=message):
            embed_them(frames)


def test_refuses_files_and_settings_that_do_not_fit(logdir, tmp_path):
    model = tcc.load(logdir)
    with pytest.raises(FileNotFoundError, match="no video file"):
        model.embed_video(tmp_path / "none.mp4")
    with pytest.raises(ValueError, match="fps and size must be None"):
        model.embed_video(runs.random_frames(2, 8, 8), fps=10)
    with pytest.raises(ValueError, match="stride must be 1 or more"):
        model.embed_video(runs.random_frames(2, 8, 8), stride=0)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        tcc.load(logdir, "7")


def test_importing_the_package_stays_light():
    code = (
        "import sys, tcc; assert 'tensorflow' not in sys.modules;"
        "assert not hasattr(tcc, 'lode'); assert callable(tcc.load)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_paths_in_a_strangers_configuration_are_not_opened(logdir, tmp_path):
    """Loading takes nothing from outside of the log folder."""
    copy = shutil.copytree(logdir, tmp_path / "run")
    # Whoever opens a pipe that nobody writes to waits for ever.
    pipe = tmp_path / "pipe.weights.h5"
    os.mkfifo(pipe)
    config = json.loads((copy / "config.json").read_text())
    config["model"]["weights"] = str(pipe)
    config["data"]["data_dir"] = str(pipe)
    config["feature_cache"]["folder"] = str(pipe)
    (copy / "config.json").write_text(json.dumps(config))
    frames = runs.random_frames(5, 40, 50)
    np.testing.assert_array_equal(
        tcc.load(copy).embed_frames(frames),
        tcc.load(logdir).embed_frames(frames),
    )
