"""Training on the tiny set: resumes exactly, refuses, stops and reports."""

import copy
import os
import pathlib
import shutil
import signal
import tempfile
import threading
from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf

from tcc import algorithms
from tcc.configs import serialization
from tcc.training import checkpoint_files, checkpoints, log_folder, loop


def _weights(logdir: pathlib.Path, step: int) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint: weights, statistics, optimizer, step."""
    path = str(logdir / "checkpoints" / f"ckpt-{step}")
    reader = tf.train.load_checkpoint(path)
    shapes = reader.get_variable_to_shape_map()
    return {
        name: reader.get_tensor(name)
        for name in shapes
        if "_CHECKPOINTABLE_OBJECT_GRAPH" not in name
        and "save_counter" not in name
    }


def _encoder_weights(logdir: pathlib.Path, step: int) -> list[np.ndarray]:
    """The trainable weights of the encoder at a step."""
    encoder, _, _ = checkpoints.restore_encoder(logdir, str(step))
    return [np.asarray(weight) for weight in encoder.trainable_weights]


def _events(logdir: pathlib.Path) -> dict[str, dict[int, tf.Tensor]]:
    """Tag → step → value of a log folder's training events."""
    found: dict[str, dict[int, tf.Tensor]] = {}
    for path in sorted((logdir / "train").glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                found.setdefault(value.tag, {})[event.step] = tensor
    return found


def test_training_writes_what_the_log_folder_promises(tiny_config, tmp_path):
    tiny_config.train.image_interval = 4
    assert loop.train(tiny_config, tmp_path) == 6
    assert serialization.load(tmp_path) == tiny_config
    steps = [step for step, _ in checkpoints.list_checkpoints(tmp_path)]
    assert steps == [0, 2, 4, 6]
    assert log_folder.is_done(tmp_path)
    events = _events(tmp_path)
    for tag in (
        "train/loss",
        "train/alignment_loss",
        "train/regularization_loss",
        "train/gradient_norm",
        "train/learning_rate",
        "train/steps_per_second",
    ):
        assert sorted(events[tag]) == [2, 4, 6]
        assert all(np.isfinite(value) for value in events[tag].values())
    total = events["train/loss"][2]
    parts = (
        events["train/alignment_loss"][2]
        + events["train/regularization_loss"][2]
    )
    np.testing.assert_allclose(total, parts, rtol=1e-5)
    for tag in ("batch", "nearest_neighbors", "similarity_matrix"):
        assert sorted(events[f"images/{tag}"]) == [0, 4]


def test_training_changes_every_trainable_weight(tiny_config, tmp_path):
    loop.train(tiny_config, tmp_path)
    before, after = (_encoder_weights(tmp_path, step) for step in (0, 6))
    # Kernel and bias of the backbone's first convolution, kernel, gamma and
    # beta of its two others; kernel, bias, gamma and beta of one in the
    # embedder; two dense layers.
    assert len(before) == len(after) == 2 + 2 * 3 + 4 + 2 * 2
    for old, new in zip(before, after, strict=True):
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("matching", ["deterministic", "stochastic"])
def test_a_resumed_run_equals_an_uninterrupted_one(
    tiny_config, tmp_path, matching
):
    tiny_config.algorithm.alignment.stochastic_matching = (
        matching == "stochastic"
    )
    tiny_config.data.augmentation.noise_stddev = 0.01
    loop.train(tiny_config, tmp_path / "whole")
    first = copy.deepcopy(tiny_config)
    first.train.max_steps = 3  # inside an epoch of 8 // 2 = 4 batches
    loop.train(first, tmp_path / "parts")
    second = copy.deepcopy(tiny_config)
    second.train.max_steps = 5  # in the second epoch
    loop.train(second, tmp_path / "parts")
    assert loop.train(tiny_config, tmp_path / "parts") == 6
    whole, parts = (_weights(tmp_path / name, 6) for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)


def test_a_finished_run_does_nothing(tiny_config, tmp_path):
    loop.train(tiny_config, tmp_path)
    before = _weights(tmp_path, 6)
    assert loop.train(tiny_config, tmp_path) == 6
    after = _weights(tmp_path, 6)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_another_configuration_is_refused(tiny_config, tmp_path):
    loop.train(tiny_config, tmp_path)
    tiny_config.optimizer.learning_rate = 0.5
    with pytest.raises(
        FileExistsError, match=r"learning_rate: 0\.0001 there, 0\.5 now"
    ):
        loop.train(tiny_config, tmp_path)
    assert serialization.load(tmp_path).optimizer.learning_rate == 1e-4


def test_a_folder_with_other_files_is_refused(tiny_config, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match=r"thesis\.tex"):
        loop.train(tiny_config, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_missing_data_are_named_before_anything_is_made(tiny_config, tmp_path):
    tiny_config.data.data_dir = str(tmp_path / "elsewhere")
    # Nor are weights looked for.
    tiny_config.model.weights = str(tmp_path / "missing.weights.h5")
    with pytest.raises(FileNotFoundError, match=r"is not prepared.*elsewhere"):
        loop.train(tiny_config, tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_second_process_is_refused(tiny_config, tmp_path):
    with (
        log_folder.lock(tmp_path),
        pytest.raises(FileExistsError, match="Another process trains"),
    ):
        loop.train(tiny_config, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops(tiny_config, tmp_path, number):
    tiny_config.train.max_steps = 100_000
    tiny_config.train.checkpoint_interval = 50_000
    handler = signal.getsignal(number)
    saved_start = tmp_path / "checkpoints" / "ckpt-0.index"

    def interrupt() -> None:
        while not saved_start.is_file():
            stop.wait(0.05)
        stop.wait(3)  # some steps of training
        os.kill(os.getpid(), number)

    stop = threading.Event()
    thread = threading.Thread(target=interrupt)
    thread.start()
    last = loop.train(tiny_config, tmp_path)
    thread.join()
    assert 0 < last < 100_000
    assert checkpoints.list_checkpoints(tmp_path)[-1][0] == last
    assert not log_folder.is_done(tmp_path)
    assert signal.getsignal(number) == handler


def test_every_file_is_closed_at_the_end(tiny_config, tmp_path):
    def open_files():
        return len(list(pathlib.Path("/proc/self/fd").iterdir()))

    tiny_config.train.max_steps = 2
    loop.train(tiny_config, tmp_path / "0")  # TensorFlow opens some for good
    before = open_files()
    for i in (1, 2):
        loop.train(tiny_config, tmp_path / str(i))
    assert open_files() == before


def test_training_works_in_another_thread(tiny_config, tmp_path):
    handler = signal.getsignal(signal.SIGTERM)
    tiny_config.train.max_steps = 2
    with futures.ThreadPoolExecutor(1) as pool:
        run = pool.submit(loop.train, tiny_config, tmp_path / "run")
        assert run.result() == 2
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_loss_that_is_not_finite_stops_the_run(tiny_config, tmp_path):
    tiny_config.optimizer.learning_rate = 1e30
    tiny_config.train.max_steps = 50
    with pytest.raises(FloatingPointError) as error:
        loop.train(tiny_config, tmp_path)
    message = str(error.value)
    assert "not finite at step" in message
    assert "videos train_" in message
    last = checkpoints.list_checkpoints(tmp_path)[-1]
    assert str(last[1]) in message
    for name, value in _weights(tmp_path, last[0]).items():
        if np.issubdtype(value.dtype, np.floating):
            assert np.all(np.isfinite(value)), name


def test_global_clipnorm_limits_the_step(tiny_config, tmp_path):
    tiny_config.optimizer.name = "momentum"
    tiny_config.optimizer.momentum = 0.0
    tiny_config.optimizer.learning_rate = 1.0
    tiny_config.optimizer.global_clipnorm = 0.01
    tiny_config.train.max_steps = 1
    tiny_config.train.checkpoint_interval = 1
    loop.train(tiny_config, tmp_path)
    before, after = (_encoder_weights(tmp_path, step) for step in (0, 1))
    moved = [new - old for old, new in zip(before, after, strict=True)]
    # One step of rate 1 moves the weights by the clipped gradient.
    norm = np.sqrt(sum(np.sum(np.square(change)) for change in moved))
    np.testing.assert_allclose(norm, 0.01, rtol=1e-2)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(tiny_config, tmp_path, policy):
    tiny_config.train.mixed_precision = policy
    assert loop.train(tiny_config, tmp_path) == 6
    for name, value in _weights(tmp_path, 6).items():
        if value.dtype == np.float32:
            assert np.all(np.isfinite(value)), name


def test_many_steps_share_one_trace(tiny_config, tmp_path, monkeypatch):
    traces = []
    objective = algorithms.Alignment.objective

    def counted(self, *args, **kwargs):
        traces.append(1)
        return objective(self, *args, **kwargs)

    monkeypatch.setattr(algorithms.Alignment, "objective", counted)
    tiny_config.train.report_interval = 3
    tiny_config.train.checkpoint_interval = 5
    tiny_config.train.max_steps = 11
    loop.train(tiny_config, tmp_path)
    assert len(traces) == 1


def test_restore_encoder_gives_the_trained_weights(tiny_config, tmp_path):
    loop.train(tiny_config, tmp_path)
    encoder, config, step = checkpoints.restore_encoder(tmp_path)
    assert (config, step) == (tiny_config, 6)
    stored = list(_weights(tmp_path, 6).values())
    for weight in encoder.weights:
        if weight.shape:
            assert any(np.array_equal(weight, value) for value in stored)
    for checkpoint in ("2", "ckpt-2", tmp_path / "checkpoints" / "ckpt-2"):
        assert checkpoints.restore_encoder(tmp_path, checkpoint)[2] == 2


@pytest.mark.parametrize("name", ["ru ns [a]", "back\\slash", "*?{x} \xe9"])
def test_folders_of_any_name_are_read_again(tiny_config, tmp_path, name):
    logdir = tmp_path / name / "run"
    (tmp_path / "plain").mkdir()
    for folder in (logdir, tmp_path / "plain" / "run"):
        tiny_config.train.max_steps = 3
        loop.train(tiny_config, folder)
        tiny_config.train.max_steps = 6
        assert loop.train(tiny_config, folder) == 6
    # As the run in a folder without such letters.
    encoder = checkpoints.restore_encoder(logdir)[0]
    other = checkpoints.restore_encoder(tmp_path / "plain" / "run")[0]
    for weight, same in zip(encoder.weights, other.weights, strict=True):
        np.testing.assert_array_equal(weight, same)
    path = logdir / "checkpoints" / "ckpt-6"
    assert checkpoints.restore_encoder(logdir, path)[2] == 6


def test_a_folder_for_links_must_be_there(tmp_path, monkeypatch):
    prefix = tmp_path / "a [1]" / "ckpt-1"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t [1]"))
    with checkpoint_files.plain_prefix(prefix) as plain:
        assert "[" not in plain
        assert pathlib.Path(plain).parent.readlink() == prefix.parent
    assert not pathlib.Path(plain).parent.is_symlink()


def test_a_missing_checkpoint_is_named(tiny_config, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        checkpoints.restore_encoder(tmp_path)
    serialization.save(tiny_config, tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        checkpoints.restore_encoder(tmp_path)


def test_a_checkpoint_of_another_network_is_refused(tiny_config, tmp_path):
    tiny_config.train.max_steps = 1
    loop.train(tiny_config, tmp_path / "run")
    deeper, wider = copy.deepcopy(tiny_config), copy.deepcopy(tiny_config)
    deeper.model.conv.fc_channels = (*tiny_config.model.conv.fc_channels, 8)
    wider.model.embedding_size = 2 * tiny_config.model.embedding_size
    for name, config, reason in (
        ("deeper", deeper, r"lacks conv_\S+/fc\d/bias, conv_\S+/fc\d/kernel$"),
        ("wider", wider, "shape"),
    ):
        shutil.copytree(tmp_path / "run", tmp_path / name)
        serialization.save(config, tmp_path / name)
        with pytest.raises(ValueError, match=rf"(?s)not fit.*{reason}") as info:
            checkpoints.restore_encoder(tmp_path / name)
        assert str(tmp_path / name) in str(info.value)
        assert len(str(info.value)) < 1000


def test_a_checkpoint_of_another_step_is_not_found(tiny_config, tmp_path):
    loop.train(tiny_config, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'5'; it has ckpt-0"):
        checkpoints.restore_encoder(tmp_path, "5")


def test_a_batch_that_replicas_cannot_share_is_refused(tiny_config, tmp_path):
    class ThreeReplicas:
        num_replicas_in_sync = 3

    with pytest.raises(ValueError, match=r"multiple .* \(3\), .*ceived: 2"):
        loop.train(tiny_config, tmp_path, strategy=ThreeReplicas())
