"""Objectives with own clips, networks and state, through everything."""

import copy
import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tcc
from tcc import algorithms, feature_cache
from tcc.configs import own_objectives, schema, validation
from tcc.evaluation.checkpoints import checkpoint_evaluation, untrained
from tcc.evaluation.embedding import embed
from tcc.evaluation.tasks import algo_loss
from tcc.inference import export_files
from tcc.training import checkpoints, loop
from tcc.video import input_pipeline, prepared, sampling
from tcc.video.frames import scoped_frames
from tcc.video.planning import catalogue
from tests.algorithms import toy_objectives
from tests.training import replica_runs
from tests.video import prepared_videos


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(own_objectives.REGISTERED, "_registered", {})
    toy_objectives.register()


@pytest.fixture
def clip_config(tiny_config):
    tiny_config.algorithm.name = "clip_order"
    tiny_config.train.batch_size = 4
    tiny_config.train.max_steps = 2
    return tiny_config


@pytest.fixture
def memory_config(tiny_config):
    tiny_config.algorithm.name = "memory"
    tiny_config.train.batch_size = 4
    tiny_config.model.conv.fc_dropout = 0.0
    return tiny_config


def _videos(config):
    return list(
        prepared.iterate_videos(
            config.data.datasets[0], config.data.data_dir, "val"
        )
    )


def _embed_slowly(encoder, sees, video):
    """Each clip cut out by itself, one after the other."""
    frames = sees.load_frames.decode(video.jpegs)
    embs = []
    for step in range(len(video.jpegs)):
        seen = [max(step - 3 + i, 0) for i in range(4)]
        embs.append(encoder(tf.gather(frames, seen)[None, None])[0, 0])
    return np.stack(embs)


def test_clips_train_as_one_task_of_their_own(clip_config, tmp_path):
    clip_config.train.batch_size = 8
    clip_config.train.max_steps = 300
    clip_config.train.report_interval = 100
    clip_config.train.checkpoint_interval = 300
    clip_config.optimizer.learning_rate = 0.01
    assert loop.train(clip_config, tmp_path) == 300
    metrics = replica_runs.metrics(tmp_path)
    assert metrics["train/clip_order_accuracy"][300] > 0.9
    restored, _, _ = checkpoints.restore_algorithm(tmp_path)
    assert isinstance(restored, toy_objectives.ClipOrder)


def test_clips_are_embedded_alike_everywhere(clip_config, tmp_path):
    clip_config.train.image_interval = 1
    clip_config.eval.tasks = ("algo_loss",)
    clip_config.eval.algo_loss_batches = 1
    loop.train(clip_config, tmp_path / "run")
    encoder, config, _ = checkpoints.restore_encoder(tmp_path / "run")
    sees = algorithms.clip_spec(config).resolve(config.data)
    video = _videos(config)[0]
    expected = _embed_slowly(encoder, sees, video)
    assert np.ptp(expected, axis=0).max() > 1e-3

    # Chunks of 1 (7 // 4) and 3 clips: the same numbers.
    for chunk in (7, 13):
        config.eval.frames_per_chunk = chunk
        embs, steps = embed.build_embedder(encoder, config).embed(
            lambda i: sees.load_frames.decode([video.jpegs[n] for n in i]),
            len(video.jpegs),
        )
        np.testing.assert_allclose(embs, expected, rtol=1e-4, atol=1e-6)
        assert steps.tolist() == list(range(len(video.jpegs)))
    split = embed.embed_split(encoder, config, "val")
    np.testing.assert_allclose(split.embs[0], expected, rtol=1e-4, atol=1e-6)

    model = tcc.load(tmp_path / "run")
    pixels = np.stack([tf.io.decode_jpeg(j).numpy() for j in video.jpegs])
    np.testing.assert_allclose(
        model.embed_video(pixels), expected, rtol=1e-4, atol=1e-5
    )
    # A picture alone is a clip of that picture.
    np.testing.assert_allclose(
        model.embed_frames(pixels[:1]), expected[:1], rtol=1e-4, atol=1e-5
    )

    with pytest.raises(ValueError, match="export a SavedModel instead"):
        export_files.write(model, tmp_path / "a.keras", "keras")
    export_files.write(model, tmp_path / "saved", "saved_model")
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(
        saved.embed_video(tf.constant(pixels)), expected, rtol=1e-4, atol=1e-5
    )
    clip = tf.constant(pixels[2:6])[None]
    np.testing.assert_allclose(
        saved.embed_steps(clip)[0], expected[5], rtol=1e-4, atol=1e-5
    )
    assert "[B, 4, 24, 24, 3]" in export_files.describe(model)

    evaluation = checkpoint_evaluation.evaluate_checkpoint(tmp_path / "run")
    task = evaluation.datasets[0].tasks["algo_loss"]
    assert np.isfinite(task.score)
    assert untrained.adapt_batch_norm(encoder, config, num_batches=1) == 0


def test_clips_refuse_the_feature_cache(clip_config):
    clip_config.feature_cache.enabled = True
    encoder = algorithms.build_encoder(clip_config)
    with pytest.raises(ValueError, match="no backbone with an embedder"):
        feature_cache.open_or_build(clip_config, encoder)
    spec = algorithms.clip_spec(clip_config)
    clip_config.algorithm.name = "alignment"
    encoder = algorithms.build_encoder(clip_config)
    with pytest.raises(ValueError, match=r"feature_cache\.enabled must be"):
        feature_cache.open_or_build(clip_config, encoder, spec)
    features: Any = object()
    with pytest.raises(ValueError, match="features must be None"):
        input_pipeline.training_batches(
            clip_config.data, batch_size=1, seed=0, spec=spec, features=features
        )


def test_short_videos_are_left_out(tmp_path, caplog):
    prepared_videos.write(
        tmp_path, lengths={"train": [30, 7, 40, 12, 33, 8], "val": [20, 20]}
    )
    config = schema.DataConfig(
        data_dir=str(tmp_path), datasets=("tiny",), num_steps=3, image_size=8
    )

    def names(spec, **settings):
        batches = input_pipeline.training_batches(
            dataclasses.replace(config, **settings),
            batch_size=2,
            seed=0,
            spec=spec,
        )
        seen: dict[str, int] = {}
        for batch in batches.take(6):
            seen |= dict(
                zip(
                    [name.decode() for name in batch["names"].numpy()],
                    batch["video_ids"].numpy().tolist(),
                    strict=True,
                )
            )
        return seen

    everything = names(None)
    assert everything == {f"video_{n}": n for n in range(6)}
    assert names(algorithms.ClipSpec(min_seq_len=7)) == everything
    # Of frames 30, 7, 40, 12, 33, 8 those of 0, 2, 3, 4 are 12 or more.
    assert names(algorithms.ClipSpec(min_seq_len=12)) == {
        "video_0": 0,
        "video_2": 1,
        "video_3": 2,
        "video_4": 3,
    }
    assert "2 of 6 videos of data set tiny have fewer than 12" in caplog.text
    assert catalogue.find_short_videos(
        "tiny", "train", data_dir=str(tmp_path), min_seq_len=12
    ) == ["video_1", "video_5"]
    data = algorithms.TrainingData(config, 2, min_seq_len=12)
    assert data.num_videos == 4
    assert algorithms.TrainingData(config, 2).videos_per_dataset == (6,)
    with pytest.raises(ValueError, match=r"at least 41 frames.*tiny has 40"):
        names(algorithms.ClipSpec(min_seq_len=41))
    with pytest.raises(ValueError, match="which is 1, not counting 5"):
        names(algorithms.ClipSpec(min_seq_len=34))
    # By action (number % 3): 0: 0, 3; 1: 1, 4; 2: 2, 5. Of the latter two one
    # each is too short.
    with pytest.raises(ValueError, match="action 1, which is 1, not count"):
        names(algorithms.ClipSpec(min_seq_len=12), batch_by="action")


def test_recordings_with_short_views_are_left_out(tmp_path):
    prepared_videos.write(
        tmp_path,
        lengths={"train": [30, 30, 9, 9], "val": [20, 20]},
        first_number=18,  # recording 1 is 18 and 19, recording 2 is 20 and 21
    )
    config = schema.DataConfig(
        data_dir=str(tmp_path), datasets=("tiny",), view_pattern=r"video_(\d)\d"
    )
    for min_seq_len in (1, 9):
        found = catalogue.build(config, 2, min_seq_len=min_seq_len)
        assert found.training_ids.tolist() == [0, 1, 2, 3]
    found = catalogue.build(config, 2, min_seq_len=10)
    assert found.groups[0].tolist() == [0]
    assert found.training_ids.tolist() == [0, 1, -1, -1]


def test_samplers_see_the_fields_of_the_record(tiny_config):
    def last_of_each_phase(video, seed):
        del seed
        labels = video["frame_labels"]
        first = tf.argmin(labels)
        return tf.stack([tf.argmax(labels), first, first])

    spec = algorithms.ClipSpec(sample_steps=last_of_each_phase)
    batch = next(
        iter(
            input_pipeline.training_batches(
                tiny_config.data, batch_size=4, seed=0, spec=spec
            )
        )
    )
    # Neither sorted nor distinct.
    assert (batch["steps"][:, 0] > batch["steps"][:, 1]).numpy().all()
    assert (batch["steps"][:, 1] == batch["steps"][:, 2]).numpy().all()
    assert (batch["frame_labels"][:, 1] == 0).numpy().all()
    assert batch["frames"].shape == (4, 3, 1, 32, 32, 3)


def test_a_spec_resolves_to_the_configuration():
    config = schema.DataConfig(num_context=3, context_stride=7, image_size=48)
    sees = algorithms.ClipSpec().resolve(config)
    assert (sees.num_context, sees.context_stride) == (3, 7)
    assert sees.load_frames.frame_size == (48, 48)
    assert sees.sample_steps({"seq_len": 50}, [0, 1]).shape == [20]
    sees = algorithms.ClipSpec(num_context=16, context_stride=1).resolve(config)
    assert (sees.num_context, sees.context_stride) == (16, 1)
    context = sampling.context_steps(
        tf.constant([40]), 50, num_context=16, context_stride=1
    )
    assert context.numpy().tolist() == [list(range(25, 41))]
    with pytest.raises(ValueError, match=r"num_context must be 1 or more"):
        algorithms.ClipSpec(num_context=0)


def test_the_state_of_a_killed_run_goes_on(memory_config, tmp_path):
    assert loop.train(memory_config, tmp_path / "whole") == 6
    first = copy.deepcopy(memory_config)
    first.train.max_steps = 3
    loop.train(first, tmp_path / "parts")
    assert loop.train(memory_config, tmp_path / "parts") == 6
    whole, parts = (
        replica_runs.weights(tmp_path / name, 6) for name in ("whole", "parts")
    )
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)
    (bank,) = (whole[name] for name in whole if "bank" in name)
    (scale,) = (whole[name] for name in whole if "/scale" in name)
    assert bank.shape == (8, 8)
    assert scale > 0
    # Fixed by the first batch.
    values = replica_runs.metrics(tmp_path / "whole")["train/memory_scale"]
    np.testing.assert_allclose([*values.values()], scale, rtol=1e-6)


def test_the_bank_holds_what_videos_looked_like(memory_config):
    encoder = algorithms.build_encoder(memory_config)
    algorithm = algorithms.build_algorithm(memory_config, encoder)
    before = algorithm.bank.numpy()
    batch = {"video_ids": tf.constant([6, 1], tf.int64)}
    embs = tf.random.stateless_normal([2, 5, 8], [0, 1])
    arguments = {"seed": tf.constant([0, 0])}
    algorithm.objective_on_embeddings(embs, batch, training=False, **arguments)
    np.testing.assert_array_equal(algorithm.bank, before)
    assert float(algorithm.scale) == 0
    algorithm.objective_on_embeddings(embs, batch, training=True, **arguments)
    expected = before.copy()
    expected[[6, 1]] = embs.numpy().mean(axis=1)
    np.testing.assert_allclose(algorithm.bank, expected, rtol=1e-6)
    assert not algorithm.bank.trainable
    assert float(algorithm.scale) > 0


def test_evaluation_leaves_the_state_alone(
    memory_config, tmp_path, monkeypatch
):
    memory_config.train.max_steps = 1
    memory_config.eval.algo_loss_batches = 2
    loop.train(memory_config, tmp_path)
    algorithm, config, _ = checkpoints.restore_algorithm(tmp_path)
    before = algorithm.bank.numpy()
    objective = toy_objectives.Memory.objective

    def with_ids(self, batch, **settings):
        loss, metrics = objective(self, batch, **settings)
        ids = tf.cast(batch["video_ids"], tf.float32)
        return loss, metrics | {"mean_id": tf.reduce_mean(ids)}

    monkeypatch.setattr(toy_objectives.Memory, "objective", with_ids)
    result = algo_loss.evaluate(algorithm, config, config.data.datasets[0])
    assert np.isfinite(result.score)
    np.testing.assert_array_equal(algorithm.bank, before)
    # Two batches of four are all eight training videos, numbered 0 to 7;
    # the others have no number.
    tag = "algo_loss/pouring_synthetic_tiny"
    assert result.scalars[f"{tag}_train_mean_id"] == 3.5
    assert result.scalars[f"{tag}_val_mean_id"] == -1


def test_evaluation_numbers_videos_as_training_did(tmp_path):
    for name, lengths in (("one", [30, 7, 40]), ("two", [20, 20])):
        prepared_videos.write(
            tmp_path, name, lengths={"train": lengths, "val": [20, 20]}
        )
    config = schema.ExperimentConfig()
    config.data.data_dir = str(tmp_path)
    config.data.datasets = ("one", "two")
    spec = algorithms.ClipSpec(min_seq_len=10)
    for dataset, split, first in (
        ("one", "train", 0),
        ("two", "train", 2),  # behind 30 and 40 of "one"
        ("one", "val", None),
        ("three", "train", None),
    ):
        assert algo_loss._first_id(config, dataset, split, spec) == first
    config.data.datasets = ("not prepared", "two")
    assert algo_loss._first_id(config, "two", "train", spec) is None


@pytest.mark.slow
def test_the_state_of_two_replicas_is_that_of_one(memory_config, tmp_path):
    memory_config.train.sync_batch_norm = True
    memory_config.optimizer.name = "momentum"
    memory_config.optimizer.learning_rate = 1e-3
    memory_config.optimizer.global_clipnorm = 1.0
    memory_config.optimizer.weight_decay = 0.1
    memory_config.optimizer.bias_learning_rate_factor = 2.0
    memory_config.optimizer.bias_weight_decay_factor = 0.0
    memory_config.train.max_steps = 4
    replica_runs.finish(
        replica_runs.start("mirrored", 2, {tmp_path / "two": memory_config})
    )
    loop.train(memory_config, tmp_path / "one")
    replica_runs.assert_close(
        replica_runs.weights(tmp_path / "two", 4),
        replica_runs.weights(tmp_path / "one", 4),
        tolerance=1e-4,
    )


def test_objectives_are_registered_by_name(tiny_config):
    with pytest.raises(ValueError, match="name must be none of alignment, sal"):
        algorithms.register_objective("sal", toy_objectives.Memory)
    with pytest.raises(TypeError, match="must be a subclass of"):
        algorithms.register_objective("mine", keras.Model)
    tiny_config.algorithm.name = "mine"
    with pytest.raises(ValueError, match=r"clip_order, memory\. Received: 'mi"):
        validation.validate(tiny_config)
    with pytest.raises(ValueError, match=r"memory, sal, tcn\. Received: 'mine"):
        algorithms.build_encoder(tiny_config)


def test_own_objectives_are_combined(tiny_config):
    tiny_config.algorithm.name = "combination"
    combination = tiny_config.algorithm.combination
    combination.objectives = ("alignment", "memory")
    combination.weights = (1.0, 1.0)
    validation.validate(tiny_config)
    algorithm = algorithms.build_algorithm(
        tiny_config, algorithms.build_encoder(tiny_config)
    )
    assert isinstance(algorithm.parts[1], toy_objectives.Memory)

    class Pairs(toy_objectives.Memory):
        @classmethod
        def clip_spec(cls, config):
            return algorithms.ClipSpec(min_seq_len=3)

    algorithms.register_objective("pairs", Pairs)
    combination.objectives = ("alignment", "pairs")
    assert algorithms.clip_spec(tiny_config).min_seq_len == 3
    combination.objectives = ("tcn", "pairs")
    with pytest.raises(ValueError, match="at most one objective with a Clip"):
        algorithms.clip_spec(tiny_config)
    combination.objectives = ("alignment", "clip_order")
    with pytest.raises(ValueError, match="must be objectives on embeddings"):
        algorithms.build_encoder(tiny_config)


def test_the_usual_encoder_has_the_frames_of_the_spec(tiny_config, monkeypatch):
    specs = [
        algorithms.ClipSpec(
            num_context=3,
            load_frames=scoped_frames.ScopedFrames((50, 60), (40, width)),
        )
        for width in (40, 48)
    ]
    monkeypatch.setattr(
        toy_objectives.Memory, "clip_spec", lambda config: specs.pop(0)
    )
    tiny_config.algorithm.name = "memory"
    encoder = algorithms.build_encoder(tiny_config)
    assert encoder.image_shape == (40, 40, 3)
    assert encoder.num_context == 3
    with pytest.raises(ValueError, match=r"must be square.* Received: 40 x 48"):
        algorithms.build_encoder(tiny_config)


def test_settings_say_themselves_what_they_need(tiny_config, monkeypatch):
    def find_problems(settings, config):
        return [f"config.algorithm.sal.dropout: {config.data.num_steps}"]

    monkeypatch.setattr(
        schema.ShuffleAndLearnConfig,
        "find_problems",
        find_problems,
        raising=False,
    )
    validation.validate(tiny_config)  # of another objective
    tiny_config.algorithm.name = "sal"
    with pytest.raises(ValueError, match=r"config.algorithm.sal.dropout: 6"):
        validation.validate(tiny_config)


def test_every_section_of_settings_is_an_objective():
    assert tuple(algorithms.registry.BUILT_IN) == own_objectives.BUILT_IN
    for name in own_objectives.ON_EMBEDDINGS:
        found = algorithms.registry.find(name)
        assert issubclass(found, algorithms.EmbeddingObjective)
