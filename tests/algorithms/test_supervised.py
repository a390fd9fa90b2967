"""Phases as targets: labelled frames only, each data set's phases apart."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tcc.algorithms import refused_batches, supervised
from tcc.configs import schema
from tcc.video.planning import training_data
from tests.video import prepared_videos


@pytest.fixture
def objective(make_objective):
    """Of two data sets, with 2 and 3 phases."""
    config = schema.SupervisedConfig(num_classes=(2, 3))
    return make_objective("classification", classification=config)


def _loss(objective, embs, frame_labels, dataset_ids):
    batch = {
        "frame_labels": tf.constant(frame_labels, tf.int64),
        "dataset_ids": tf.constant(dataset_ids, tf.int64),
    }
    return objective.objective_on_embeddings(
        embs, batch, training=True, seed=tf.constant([0, 0])
    )


def test_each_data_set_has_its_own_head(objective):
    kernel = np.zeros([8, 5], np.float32)
    kernel[0] = [1.0, 3.0, 9.0, 2.0, 2.0]  # logits of an embedding e0
    objective.phases.set_weights([kernel, np.zeros(5, np.float32)])
    embs = tf.one_hot([[0], [0]], 8)
    # Data set 0: label 1 of logits (1, 3); data set 1: label 1 of (9, 2, 2).
    loss, metrics = _loss(objective, embs, [[1], [1]], [0, 1])
    first = np.log(1 + np.exp(-2.0))
    second = 7.0 + np.log(1 + 2 * np.exp(-7.0))
    np.testing.assert_allclose(loss, (first + second) / 2, rtol=1e-6)
    assert metrics["classification_accuracy"] == 0.5


def test_frames_without_labels_take_no_part(objective):
    embs = tf.random.stateless_normal([2, 3, 8], [0, 1])
    labels = [[0, -1, 2], [-1, 2, -1]]
    with tf.GradientTape() as tape:
        tape.watch(embs)
        loss, metrics = _loss(objective, embs, labels, [1, 1])
    gradient = np.abs(tape.gradient(loss, embs)).sum(axis=-1)
    np.testing.assert_array_equal(gradient > 0, np.array(labels) >= 0)
    assert metrics["labelled_share"] == 0.5
    single = [
        _loss(objective, embs[i : i + 1, j : j + 1], [[labels[i][j]]], [1])[0]
        for i, j in ((0, 0), (0, 2), (1, 1))
    ]
    np.testing.assert_allclose(loss, np.mean(single), rtol=1e-6)


def test_a_batch_without_labels_has_no_loss(objective):
    embs = tf.random.stateless_normal([1, 3, 8], [0, 1])
    with tf.GradientTape() as tape:
        tape.watch(embs)
        loss, metrics = _loss(objective, embs, [[-1, -1, -1]], [0])
    assert loss == 0.0
    assert metrics["labelled_share"] == 0.0
    np.testing.assert_array_equal(
        tape.gradient(loss, embs), np.zeros([1, 3, 8])
    )


def test_label_smoothing_by_hand():
    # log p of the own phases (1, 2): softmax of (0, log 3) is (1/4, 3/4).
    loss = supervised.phase_losses(
        tf.constant([[[5.0, 0.0, np.log(3.0)]]]),
        tf.constant([[2]]),
        tf.constant([[False, True, True]]),
        label_smoothing=0.2,
    )
    expected = -0.8 * np.log(0.75) - 0.1 * (np.log(0.75) + np.log(0.25))
    np.testing.assert_allclose(loss, [[expected]], rtol=1e-6)


def test_dropout_is_of_training_only(make_objective):
    config = schema.SupervisedConfig(num_classes=(2,), dropout=0.5)
    objective = make_objective("classification", classification=config)
    batch = {
        "frame_labels": tf.zeros([1, 4], tf.int64),
        "dataset_ids": tf.zeros([1], tf.int64),
    }
    losses = [
        objective.objective_on_embeddings(
            tf.ones([1, 4, 8]),
            batch,
            training=training,
            seed=tf.constant([0, seed]),
        )[0].numpy()
        for training, seed in ((False, 0), (False, 1), (True, 0), (True, 1))
    ]
    assert losses[0] == losses[1]
    assert len(set(losses)) == 3


def test_phases_are_counted_in_the_prepared_data(tmp_path):
    prepared_videos.write(tmp_path, "some", lengths={"train": [4, 4]})
    config = schema.DataConfig(data_dir=str(tmp_path), datasets=("some",) * 2)
    assert supervised.count_phases(config) == [2, 2]


def test_data_without_phases_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared_videos, "PHASE_NAMES", [])
    prepared_videos.write(tmp_path, "bare", lengths={"train": [4, 4]})
    config = schema.DataConfig(data_dir=str(tmp_path), datasets=("bare",))
    with pytest.raises(ValueError, match=r"bare .* names no phases"):
        supervised.count_phases(config)


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize(("label", "dataset"), [(2, 0), (3, 1), (-2, 1)])
def test_a_label_that_the_head_does_not_know_is_an_error(
    objective, in_graph, label, dataset
):
    batch = {
        "frame_labels": tf.constant([[0, 1, -1], [1, 0, label]], tf.int64),
        "dataset_ids": tf.constant([0, dataset]),
        "names": tf.constant(["first", "l'été\\n"]),
    }
    check = objective.check_batch
    run = tf.function(check) if in_graph else check
    last = (1, 2)[dataset]
    with (
        pytest.raises(ValueError, match="has only the classes") as error,
        refused_batches.as_value_error(),
    ):
        run(batch)
    assert "video 'l'été\\n' of data set" in str(error.value)
    assert f"label {label}, " in str(error.value)
    assert f"0 to {last} for" in str(error.value)


def test_compiled_an_unknown_label_makes_the_loss_nan(objective):
    batch = {
        "frame_labels": tf.constant([[0, 2]], tf.int64),
        "dataset_ids": tf.constant([0]),
    }
    loss, _ = tf.function(
        lambda: objective.objective_on_embeddings(
            tf.ones([1, 2, 8]), batch, training=True, seed=tf.constant([0, 0])
        ),
        jit_compile=True,
    )()
    assert np.isnan(loss)


def test_fewer_classes_than_the_data_name_are_refused(tmp_path):
    prepared_videos.write(tmp_path, "two", lengths={"train": [4, 4]})
    config = schema.ExperimentConfig()
    config.data.data_dir, config.data.datasets = str(tmp_path), ("two",)
    config.algorithm.classification.num_classes = (1,)
    data = training_data.TrainingData(config.data, batch_size=2)
    with pytest.raises(
        ValueError, match=r"at least 2 for data set two.*\(1,\)"
    ):
        supervised.Supervised(keras.Model(), config, data)
    config.algorithm.classification.num_classes = (3,)  # one to spare
    assert supervised.Supervised(keras.Model(), config, data).phases.units == 3
