"""Following a training: no checkpoint is missed, the best one is kept."""

import json
import shutil
import subprocess
import sys
import threading
import time

import pytest

from tcc.configs import serialization
from tcc.evaluation.checkpoints import (
    best_checkpoint,
    checkpoint_evaluation,
    continuous,
    pinned_checkpoints,
)
from tcc.evaluation.report import results
from tcc.training import checkpoint_files, checkpoints, log_folder
from tests.evaluation import event_files

_QUICK = {"tasks": ("kendalls_tau",), "untrained_batches": 0}


@pytest.fixture
def own_logdir(tmp_path, logdir):
    return shutil.copytree(logdir, tmp_path / "run")


def _write(folder, *steps):
    folder.mkdir(exist_ok=True)
    for step in steps:
        (folder / f"ckpt-{step}.data-00000-of-00001").write_text(str(step))
        (folder / f"ckpt-{step}.index").touch()


def _follow(logdir, done=(), **kwargs):
    return continuous.follow_checkpoints(logdir, done=set(done), **kwargs)


def test_following_misses_no_checkpoint_and_ends_with_training(tmp_path):
    folder = checkpoints.checkpoint_folder(tmp_path)

    def last_checkpoint_and_end():
        _write(folder, 30)
        log_folder.mark_done(tmp_path, 30)

    events = iter(
        [
            lambda: None,  # the folder does not exist yet
            lambda: _write(folder, 0, 10),
            lambda: _write(folder, 20),
            last_checkpoint_and_end,
        ]
    )
    found = _follow(tmp_path, {10}, sleep=lambda seconds: next(events)())
    assert [step for step, _ in found] == [0, 20, 30]
    assert not pinned_checkpoints.held(tmp_path)


def test_following_gives_up_after_the_timeout(tmp_path):
    slept: list[float] = []
    found = _follow(
        tmp_path, poll_seconds=10, timeout_seconds=35, sleep=slept.append
    )
    assert list(found) == []
    assert slept == [10] * 4


def test_what_training_removes_meanwhile_is_held(tmp_path):
    folder = checkpoints.checkpoint_folder(tmp_path)
    _write(folder, 10, 20)
    log_folder.mark_done(tmp_path, 20)
    found = _follow(tmp_path)
    assert next(found)[0] == 10
    shutil.rmtree(folder)
    step, path = next(found)
    data = path.with_name(f"{path.name}.data-00000-of-00001")
    assert (step, data.read_text()) == (20, "20")
    assert list(found) == []


def test_checkpoints_are_held_in_the_background(tmp_path):
    folder = checkpoints.checkpoint_folder(tmp_path)
    _write(folder, 10)
    with pinned_checkpoints.holding(tmp_path, done={10}, seconds=0.01):
        _write(folder, 20)
        deadline = time.monotonic() + 60
        while not pinned_checkpoints.held(tmp_path):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert list(pinned_checkpoints.held(tmp_path)) == [20]
    assert threading.active_count() < 50


def test_files_are_copied_where_they_cannot_be_linked(tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError("no links here")

    monkeypatch.setattr(checkpoint_files.pathlib.Path, "hardlink_to", refuse)
    _write(tmp_path / "from", 10)
    path = checkpoint_files.link(tmp_path / "from" / "ckpt-10", tmp_path / "to")
    shutil.rmtree(tmp_path / "from")
    assert checkpoint_files.list_folder(tmp_path / "to") == {10: path}
    data = path.with_name("ckpt-10.data-00000-of-00001")
    assert data.read_text() == "10"


def test_a_checkpoint_without_its_data_is_no_checkpoint(tmp_path):
    (tmp_path / "ckpt-10.index").touch()
    with pytest.raises(FileNotFoundError):
        checkpoint_files.link(tmp_path / "ckpt-10", tmp_path / "to")
    assert checkpoint_files.list_folder(tmp_path / "to") == {}


def test_a_removed_checkpoint_is_evaluated_all_the_same(own_logdir):
    log_folder.mark_done(own_logdir, 20)
    found = continuous.evaluate_continuously(own_logdir, settings=_QUICK)
    assert next(found).step == 0
    for path in checkpoints.checkpoint_folder(own_logdir).glob("ckpt-20*"):
        path.unlink()
    assert [e.step for e in found] == [20]
    assert not (own_logdir / "eval_held").exists()


def test_a_restart_goes_on_where_it_stopped(own_logdir, monkeypatch):
    log_folder.mark_done(own_logdir, 20)
    found = continuous.evaluate_continuously(own_logdir, settings=_QUICK)
    assert next(found).step == 0
    found.close()  # interrupted, with 20 held
    before = results.read_json(own_logdir)
    baselines = []
    evaluate = checkpoint_evaluation.untrained_lib.evaluate

    def counted(*args):
        baselines.append(args)
        return evaluate(*args)

    monkeypatch.setattr(
        checkpoint_evaluation.untrained_lib, "evaluate", counted
    )
    rest = continuous.evaluate_continuously(own_logdir, settings=_QUICK)
    assert [e.step for e in rest] == [20]
    assert results.read_json(own_logdir)[:1] == before
    assert len(baselines) == 1
    again = continuous.evaluate_continuously(own_logdir, settings=_QUICK)
    assert list(again) == []


def test_pictures_go_to_tensorboard_and_the_best_is_a_log_folder(own_logdir):
    log_folder.mark_done(own_logdir, 20)
    settings = {**_QUICK, "tasks": ("classification", "kendalls_tau")}
    evaluations = list(
        continuous.evaluate_continuously(own_logdir, settings=settings)
    )
    tags = event_files.tags(own_logdir / "eval")
    for name in ("confusion_matrix", "tau_histogram", "strip_best"):
        assert tags[f"report/tiny_{name}"] == [0, 20]
    # Both checkpoints are of one network: the earlier one stays the best.
    best = best_checkpoint.read(own_logdir)
    assert best["step"] == 0 and best["metric"] == "kendalls_tau"
    assert best["score"] == pytest.approx(
        evaluations[0].mean_scores()["kendalls_tau"]
    )
    _, config, step = checkpoints.restore_encoder(own_logdir / "best")
    assert step == 0
    assert config == serialization.load(own_logdir)


@pytest.fixture
def offers(tmp_path, own_logdir):
    folder = tmp_path / "elsewhere"
    _write(folder, 1, 2, 3)

    def offer(step, score, metric="kendalls_tau"):
        return best_checkpoint.offer(
            own_logdir,
            folder / f"ckpt-{step}",
            step=step,
            metric=metric,
            score=score,
        )

    def kept():
        inside = checkpoints.checkpoint_folder(own_logdir / "best")
        return list(checkpoint_files.list_folder(inside))

    return offer, kept


def test_the_best_is_the_highest_score(offers):
    offer, kept = offers
    assert not offer(1, None)  # collapsed
    assert offer(1, 0.5) and kept() == [1]
    assert not offer(2, 0.5) and not offer(2, 0.4) and kept() == [1]
    assert offer(3, 0.6) and kept() == [3]


def test_the_best_loss_is_the_lowest(offers):
    offer, kept = offers
    assert offer(1, 0.5, "alignment_error")
    assert not offer(2, 0.6, "alignment_error")
    assert offer(3, 0.4, "alignment_error") and kept() == [3]
    # Scores of different metrics do not compare.
    assert offer(1, 0.1, "kendalls_tau") and kept() == [1]


def test_a_foreign_best_is_not_overwritten(offers, own_logdir):
    offer, _ = offers
    (own_logdir / "best").mkdir()
    (own_logdir / "best" / "best.json").write_text("[]")
    with pytest.raises(ValueError, match=r"best\.json does not name"):
        offer(1, 0.5)


def test_a_metric_that_is_not_evaluated_is_refused(own_logdir):
    for metric, match in (("tau", "one of algo_loss"), ("algo_loss", "task")):
        found = continuous.evaluate_continuously(
            own_logdir, settings=_QUICK, best_metric=metric
        )
        with pytest.raises(ValueError, match=match):
            next(found)
    assert results.read_json(own_logdir) == []


@pytest.mark.slow
def test_follows_a_real_training(tmp_path, tiny_config):
    """A training in a process of its own prunes faster than we evaluate."""
    tiny_config.train.max_steps = 40
    tiny_config.train.checkpoint_interval = 4
    tiny_config.train.keep_checkpoints = 1
    tiny_config.train.keep_interval = 12
    tiny_config.eval.kendalls_tau_stride = 2
    source, run = tmp_path / "config", tmp_path / "run"
    serialization.save(tiny_config, source)
    program = (
        "import sys, time\n"
        "from tcc.configs import serialization\n"
        "from tcc.training import checkpoints, loop\n"
        "save = checkpoints.Manager.save\n"
        "def slowly(self):\n"
        "    save(self)\n"
        "    time.sleep(0.5)\n"  # as a real network takes between two
        "checkpoints.Manager.save = slowly\n"
        "loop.train(serialization.load(sys.argv[1]), sys.argv[2])\n"
    )
    training = subprocess.Popen(
        [sys.executable, "-c", program, str(source), str(run)]
    )
    try:
        steps = [
            evaluation.step
            for evaluation in continuous.evaluate_continuously(
                run, settings=_QUICK, poll_seconds=0.1, timeout_seconds=120
            )
        ]
    finally:
        training.wait(timeout=120)
    assert training.returncode == 0
    assert steps == list(range(0, 41, 4))
    # Training itself kept the newest, and the multiples of 12.
    there = [step for step, _ in checkpoints.list_checkpoints(run)]
    assert there == [0, 12, 24, 36, 40]
    entries = results.read_json(run)
    scores = {e["step"]: e["mean_scores"].get("kendalls_tau") for e in entries}
    best = json.loads((run / "best" / "best.json").read_text())
    assert (
        scores[best["step"]]
        == best["score"]
        == max(score for score in scores.values() if score is not None)
    )
