"""Evaluation of log folders, and the commands on them, on tiny videos."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

from tcc import evaluate, extract_embeddings
from tcc.evaluation import (
    checkpoint_evaluation,
    continuous,
    embedding_files,
    results,
)
from tcc.training import checkpoints, log_folder
from tests.evaluation import checkpoint_folders


@pytest.fixture
def own_logdir(tmp_path, logdir):
    return shutil.copytree(logdir, tmp_path / "run")


def _run(command, **values):
    with flagsaver.as_parsed(**values):
        flags.FLAGS.mark_as_parsed()
        return command.main([])


def _scalars(logdir):
    found: dict[str, dict[int, float]] = {}
    for path in sorted((logdir / "eval").glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                number = float(tf.make_ndarray(value.tensor))
                found.setdefault(value.tag, {})[event.step] = number
    return found


def test_evaluate_prints_and_writes_the_same_scores(own_logdir, capsys):
    assert _run(evaluate, logdir=str(own_logdir)) == 0
    printed = capsys.readouterr().out
    (entry,) = results.read_json(own_logdir)
    assert entry["step"] == 20 and entry["checkpoint"] == "ckpt-20"
    tasks = entry["datasets"]["tiny"]["tasks"]
    tau = tasks["kendalls_tau"]["score"]
    accuracy = tasks["classification"]["score"]
    row = next(x for x in printed.splitlines() if x.startswith("step 20"))
    assert f"{tau:.4f}" in row and f"{accuracy:.4f}" in row
    assert "frame index" in printed
    assert "train 2 videos (70 frames), val 2 videos (80 frames)" in printed
    events = _scalars(own_logdir)
    assert events["metrics/tiny_kendalls_tau"][20] == pytest.approx(tau)
    assert events["classification/val_tiny_1.0_accuracy"] == {
        20: pytest.approx(accuracy)
    }


def test_a_named_checkpoint_of_no_training_is_called_untrained(
    own_logdir, capsys
):
    assert _run(evaluate, logdir=str(own_logdir), checkpoint="ckpt-0") == 0
    assert "UNTRAINED: the network is at step 0." in capsys.readouterr().out
    (entry,) = results.read_json(own_logdir)
    assert entry["step"] == 0 and entry["untrained"] is True


def test_unlabelled_data_say_why_classification_was_skipped(own_logdir, capsys):
    assert _run(evaluate, logdir=str(own_logdir), datasets="bare") == 0
    printed = capsys.readouterr().out
    assert "classification skipped: no frame of 'train' and 'val'" in printed
    (entry,) = results.read_json(own_logdir)
    tasks = entry["datasets"]["bare"]["tasks"]
    assert tasks["classification"]["skipped"]
    assert tasks["kendalls_tau"]["score"] is not None


def test_a_collapsed_model_is_reported(tmp_path, data_dir, capsys):
    config = checkpoint_folders.small_config(data_dir)
    checkpoint_folders.write_checkpoints(tmp_path, config, [5], collapse=True)
    assert _run(evaluate, logdir=str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "COLLAPSED: 2 of 2 videos" in printed
    (entry,) = results.read_json(tmp_path)
    assert entry["datasets"]["tiny"]["embeddings"]["val"]["status"] == (
        "collapsed"
    )
    assert entry["mean_scores"] == {}


def test_each_split_is_embedded_once(own_logdir, monkeypatch):
    asked = []
    embed_split = checkpoint_evaluation.embed.embed_split

    def counting_embed_split(encoder, config, split, **kwargs):
        asked.append(split)
        return embed_split(encoder, config, split, **kwargs)

    monkeypatch.setattr(
        checkpoint_evaluation.embed, "embed_split", counting_embed_split
    )
    checkpoint_evaluation.evaluate_checkpoint(own_logdir)
    assert asked == ["train", "val"]


def test_missing_things_are_named(tmp_path, own_logdir):
    with pytest.raises(FileNotFoundError, match="not the log folder"):
        checkpoint_evaluation.evaluate_checkpoint(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no checkpoint '7'"):
        checkpoint_evaluation.evaluate_checkpoint(own_logdir, "7")
    with pytest.raises(FileNotFoundError, match="not prepared"):
        checkpoint_evaluation.evaluate_checkpoint(
            own_logdir, datasets=["absent"]
        )
    with pytest.raises(ValueError, match="exclude each other"):
        _run(
            evaluate, logdir=str(own_logdir), checkpoint="0", continuous="true"
        )
    with pytest.raises(ValueError, match="--logdir"):
        _run(evaluate)


def test_following_misses_no_checkpoint_and_ends_with_training(tmp_path):
    folder = checkpoints.checkpoint_folder(tmp_path)

    def last_checkpoint_and_end():
        _touch(folder, 30)
        log_folder.mark_done(tmp_path, 30)

    events = iter(
        [
            lambda: None,  # the folder does not exist yet
            lambda: _touch(folder, 0, 10),
            lambda: _touch(folder, 20),
            last_checkpoint_and_end,
        ]
    )
    steps = list(
        continuous.follow_checkpoints(
            tmp_path,
            evaluated={10},
            sleep=lambda seconds: next(events)(),
        )
    )
    assert steps == [0, 20, 30]


def _touch(folder, *steps):
    folder.mkdir(exist_ok=True)
    for step in steps:
        (folder / f"ckpt-{step}.index").touch()


def test_following_gives_up_after_the_timeout(tmp_path):
    slept: list[float] = []
    steps = continuous.follow_checkpoints(
        tmp_path,
        evaluated=set(),
        poll_seconds=10,
        timeout_seconds=35,
        sleep=slept.append,
    )
    assert list(steps) == []
    assert slept == [10] * 4


def test_continuous_evaluation_goes_on_after_a_restart(own_logdir, capsys):
    log_folder.mark_done(own_logdir, 20)
    checkpoint_evaluation.evaluate_checkpoint(own_logdir, "0")
    before = (own_logdir / "results.json").read_text()
    assert _run(evaluate, logdir=str(own_logdir), continuous="true") == 0
    assert "step 20" in capsys.readouterr().out
    entries = results.read_json(own_logdir)
    assert [entry["step"] for entry in entries] == [0, 20]
    assert json.loads(before)["evaluations"] == entries[:1]


def test_a_checkpoint_removed_before_its_turn_is_no_fault(own_logdir):
    log_folder.mark_done(own_logdir, 20)
    found = continuous.evaluate_continuously(own_logdir)
    assert next(found).step == 0
    for path in checkpoints.checkpoint_folder(own_logdir).glob("ckpt-20*"):
        path.unlink()
    assert list(found) == []


def test_a_damaged_checkpoint_is_a_fault(own_logdir):
    folder = checkpoints.checkpoint_folder(own_logdir)
    (folder / "ckpt-20.index").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="ckpt-20"):
        checkpoint_evaluation.evaluate_checkpoint(own_logdir)


def test_extract_embeddings(own_logdir, tmp_path, capsys):
    output = tmp_path / "embs"
    assert (
        _run(
            extract_embeddings,
            logdir=str(own_logdir),
            output=str(output),
            checkpoint="20",
        )
        == 0
    )
    assert "2 videos, 80 x 8" in capsys.readouterr().out
    val = embedding_files.load(output / "tiny_val.npz")
    assert val.names == ["video_2", "video_3"]
    assert val.step == 20
    assert [e.shape for e in val.embs] == [(36, 8), (44, 8)]
    assert val.frame_labels[0].tolist() == [0] * 18 + [1] * 18
    np.testing.assert_allclose(val.times[0], np.arange(36) / 10, atol=1e-6)
    assert (output / "tiny_train.npz").is_file()


def test_description_sets_the_untrained_network_beside(own_logdir):
    before, after = (
        checkpoint_evaluation.evaluate_checkpoint(own_logdir, step)
        for step in ("0", "20")
    )
    lines = checkpoint_evaluation.describe(after, untrained=before).splitlines()
    rows = [line.split("  ")[0] for line in lines[5:8]]
    assert rows == ["step 20", "step 0", "frame index"]
    assert lines[6].endswith("UNTRAINED")
