"""Every objective through the training loop, checkpoints and evaluation."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms
from tcc.configs import schema
from tcc.evaluation.checkpoints import checkpoint_evaluation, continuous
from tcc.evaluation.report import results
from tcc.evaluation.tasks import algo_loss
from tcc.training import checkpoints, loop
from tests.training import replica_runs
from tests.video import prepared_videos

_OBJECTIVES: dict[str, dict[str, dict]] = {
    "alignment": {"alignment": {"learn_temperature": True}},
    "sal": {},
    "tcn": {},
    "tcn triplet": {"tcn": {"loss_type": "triplet"}},
    "classification": {},
    "alignment_sal_tcn": {},
    "combination": {
        "combination": {
            "objectives": ("classification", "sal"),
            "weights": (1.0, 0.1),
        }
    },
}


_TAG = "algo_loss/pouring_synthetic_tiny"


@pytest.fixture(params=_OBJECTIVES)
def config(request, tiny_config):
    """A short run of each objective."""
    algorithm = schema.AlgorithmConfig(name=request.param.split()[0])
    for section, values in _OBJECTIVES[request.param].items():
        changed = dataclasses.replace(getattr(algorithm, section), **values)
        algorithm = dataclasses.replace(algorithm, **{section: changed})
    tiny_config.algorithm = algorithm
    tiny_config.train.max_steps = 2
    tiny_config.train.checkpoint_interval = 1
    tiny_config.train.report_interval = 1
    tiny_config.eval.tasks = ("algo_loss",)
    tiny_config.eval.algo_loss_batches = 2
    return tiny_config


def _scalars(folder) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for path in sorted(folder.glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                number = tf.make_ndarray(value.tensor)
                if number.shape == () and number.dtype == np.float32:
                    steps = found.setdefault(value.tag, {})
                    steps[event.step] = float(number)
    return found


def test_every_objective_trains_reports_restores_and_evaluates(
    config, tmp_path
):
    made = []
    build = algorithms.build_algorithm

    def remember(*args):
        made.append(build(*args))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(algorithms, "build_algorithm", remember)
        assert loop.train(config, tmp_path) == 2
    (trained,) = made

    events = _scalars(tmp_path / "train")
    for name in trained.metric_names:
        assert all(map(np.isfinite, events[f"train/{name}"].values())), name

    restored, _, step = checkpoints.restore_algorithm(tmp_path)
    assert step == 2
    assert len(restored.weights) == len(trained.weights)
    for ours, theirs in zip(restored.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
    start, _, _ = checkpoints.restore_algorithm(tmp_path, "0")
    for before, after in zip(
        start.trainable_weights, restored.trainable_weights, strict=True
    ):
        assert np.any(before.numpy() != after.numpy()), before.path

    dataset = config.data.datasets[0]
    first = algo_loss.evaluate(restored, config, dataset)
    again = algo_loss.evaluate(restored, config, dataset)
    assert not first.skipped
    assert first.scalars == again.scalars
    assert first.score == first.scalars[f"{_TAG}_val_loss"]
    for name in ("loss", *trained.metric_names):
        for split in ("train", "val"):
            assert np.isfinite(first.scalars[f"{_TAG}_{split}_{name}"])


def test_continuous_evaluation_follows_the_objective(tiny_config, tmp_path):
    tiny_config.algorithm.name = "sal"
    tiny_config.eval.tasks = ("algo_loss", "kendalls_tau")
    tiny_config.eval.algo_loss_batches = 2
    loop.train(tiny_config, tmp_path)
    steps = [
        evaluation.step
        for evaluation in continuous.evaluate_continuously(tmp_path)
    ]
    assert steps == [0, 2, 4, 6]
    scores = [
        entry["datasets"]["pouring_synthetic/tiny"]["tasks"]["algo_loss"][
            "score"
        ]
        for entry in results.read_json(tmp_path)
    ]
    assert len(set(scores)) == 4  # each of its own weights
    events = _scalars(tmp_path / "eval")
    for tag in (
        "metrics/pouring_synthetic_tiny_algo_loss",
        f"{_TAG}_val_loss",
        f"{_TAG}_val_sal_accuracy",
    ):
        assert sorted(events[tag]) == steps


def test_a_split_that_is_too_small_is_skipped(tiny_config, tmp_path):
    tiny_config.data.eval_split = "val[:1]"
    tiny_config.train.max_steps = 1
    tiny_config.eval.tasks = ("algo_loss",)
    tiny_config.eval.algo_loss_batches = 1
    loop.train(tiny_config, tmp_path)
    evaluation = checkpoint_evaluation.evaluate_checkpoint(tmp_path)
    task = evaluation.datasets[0].tasks["algo_loss"]
    assert "'val[:1]'" in task.skipped
    assert "a cycle needs two videos" in task.skipped


@pytest.fixture
def two_sets(tiny_config, tmp_path):
    """Two data sets with settings of each; phases 0 and 1."""
    for name, lengths in (("a", [12, 12, 12]), ("b", [14, 14])):
        prepared_videos.write(
            tmp_path / "data",
            name,
            lengths={"train": lengths, "val": [10, 11]},
        )
    tiny_config.data.data_dir = str(tmp_path / "data")
    tiny_config.data.datasets = ("a", "b")
    tiny_config.data.sampling_weights = (1.0, 3.0)
    tiny_config.algorithm.name = "classification"
    tiny_config.algorithm.classification.num_classes = (2, 3)
    tiny_config.train.max_steps = 1
    tiny_config.eval.tasks = ("algo_loss", "kendalls_tau")
    tiny_config.eval.algo_loss_batches = 1
    return tiny_config


def test_settings_of_each_data_set_follow_the_data_sets(two_sets, tmp_path):
    loop.train(two_sets, tmp_path / "run")
    both = checkpoint_evaluation.evaluate_checkpoint(tmp_path / "run")
    losses = [found.tasks["algo_loss"].score for found in both.datasets]
    assert all(np.isfinite(loss) for loss in losses)
    one = checkpoint_evaluation.evaluate_checkpoint(
        tmp_path / "run", datasets=["b"]
    )
    assert one.datasets[0].tasks["algo_loss"].score == losses[1]
    assert one.config.data.sampling_weights == (3.0,)
    assert one.config.algorithm.classification.num_classes == (3,)


def test_limits_of_training_do_not_limit_the_evaluation(two_sets, tmp_path):
    two_sets.data.max_train_videos = 1
    two_sets.train.batch_size = 1
    loop.train(two_sets, tmp_path / "run")
    algorithm, config, _ = checkpoints.restore_algorithm(tmp_path / "run")
    config.train.batch_size = 2
    result = algo_loss.evaluate(algorithm, config, "a")
    assert result.protocol["videos_in_a_batch"] == {"train": 1, "val": 2}


@pytest.mark.parametrize("jit_compile", [False, True])
def test_labels_beyond_the_head_stop_the_training(
    two_sets, tmp_path, monkeypatch, jit_compile
):
    # The data name one phase, and have two.
    monkeypatch.setattr(prepared_videos, "PHASE_NAMES", ["first"])
    prepared_videos.write(tmp_path / "data", "c", lengths={"train": [12, 12]})
    two_sets.data.datasets, two_sets.data.sampling_weights = ("c",), ()
    two_sets.algorithm.classification.num_classes = ()
    two_sets.train.jit_compile = jit_compile
    with pytest.raises(
        ValueError, match=r"'video_\d' of data set c .* label 1"
    ):
        loop.train(two_sets, tmp_path / "run")


def test_labels_beyond_the_head_give_no_loss(two_sets, tmp_path):
    loop.train(two_sets, tmp_path / "run")
    algorithm, config, _ = checkpoints.restore_algorithm(tmp_path / "run")
    algorithm._counts = np.array([1, 3])
    result = algo_loss.evaluate(algorithm, config, "a")
    assert result.score is None
    assert "of data set a has the frame label 1" in result.skipped


def test_pairs_double_the_steps_of_a_batch(tiny_config, tmp_path, monkeypatch):
    tiny_config.algorithm.name = "alignment_sal_tcn"
    tiny_config.train.max_steps = 1
    shapes = []
    objective = algorithms.Combination.objective

    def remember(self, batch, **settings):
        shapes.append((batch["frames"].shape[:2], batch["frame_labels"].shape))
        return objective(self, batch, **settings)

    monkeypatch.setattr(algorithms.Combination, "objective", remember)
    loop.train(tiny_config, tmp_path)
    assert shapes[0] == ((2, 12), (2, 12))


@pytest.mark.parametrize("loss_type", ["npairs", "triplet"])
def test_views_of_recordings_train(tiny_config, tmp_path, loss_type):
    # Recordings 1 (videos 18, 19) and 2 (20, 21); one of six views for val.
    prepared_videos.write(
        tmp_path / "data",
        "cameras",
        lengths={"train": [30, 30, 24, 24], "val": [20] * 6},
        first_number=18,
    )
    tiny_config.data.data_dir = str(tmp_path / "data")
    tiny_config.data.datasets = ("cameras",)
    tiny_config.data.view_pattern = r"video_(\d)\d"
    tiny_config.algorithm.name = "tcn"
    tiny_config.algorithm.tcn.views = "multi"
    tiny_config.algorithm.tcn.loss_type = loss_type
    tiny_config.train.batch_size = 4
    tiny_config.train.max_steps = 2
    tiny_config.eval.tasks = ("algo_loss",)
    tiny_config.eval.algo_loss_batches = 1
    assert loop.train(tiny_config, tmp_path / "run") == 2
    restored, config, _ = checkpoints.restore_algorithm(tmp_path / "run")
    # Four videos of one recording are two too many.
    result = algo_loss.evaluate(restored, config, "cameras")
    assert "number of recordings" in result.skipped
    config.train.batch_size = 2
    result = algo_loss.evaluate(restored, config, "cameras")
    assert np.isfinite(result.score)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alignment_sal_tcn", "classification"])
def test_objectives_train_on_two_replicas(tiny_config, tmp_path, name):
    tiny_config.algorithm.name = name
    tiny_config.train.batch_size = 4
    tiny_config.algorithm.alignment.pairs_across_replicas = True
    replica_runs.finish(
        replica_runs.start("mirrored", 2, {tmp_path / "run": tiny_config})
    )
    restored, _, step = checkpoints.restore_algorithm(tmp_path / "run")
    assert step == 6
    assert all(np.all(np.isfinite(weight)) for weight in restored.weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alignment_sal_tcn", "classification"])
def test_objectives_compile(tiny_config, tmp_path, name):
    tiny_config.algorithm.name = name
    tiny_config.train.jit_compile = True
    tiny_config.train.max_steps = 1
    assert loop.train(tiny_config, tmp_path) == 1
