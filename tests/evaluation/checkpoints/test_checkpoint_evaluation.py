"""Evaluation of log folders, and the commands on them, on tiny videos."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

from tcc import evaluate, extract_embeddings
from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.embedding import embed, embedding_files
from tcc.evaluation.report import results
from tcc.training import checkpoints, loop
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
    heading = next(x for x in printed.splitlines() if "frame index" in x)
    assert heading.split() == ["step", "20", "untrained", "frame", "index"]
    for name, value in (("tau", tau), ("accuracy, 100% of", accuracy)):
        row = next(x for x in printed.splitlines() if x.startswith(f"  {name}"))
        assert f"{value:.4f}" in row
    assert "checkpoint of step 0, batch normalisation adapted" in printed
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
    checkpoint_evaluation.evaluate_checkpoint(own_logdir, untrained=False)
    assert asked == ["train", "val"]


@pytest.mark.parametrize("precision", ["", "mixed_bfloat16"])
def test_all_numbers_of_a_report_are_of_one_checkpoint(
    own_logdir, monkeypatch, precision
):
    # Training writes its next checkpoint when the first split is embedded.
    settings = {
        "tasks": ("algo_loss", "kendalls_tau"),
        "algo_loss_batches": 1,
        "precision": precision,
    }
    alone = checkpoint_evaluation.evaluate_checkpoint(
        own_logdir, settings=settings, untrained=False
    )
    embed_split = embed.embed_split

    def embed_while_training_goes_on(*args, **kwargs):
        folder = own_logdir / "checkpoints"
        for path in folder.glob("ckpt-0.*"):
            shutil.copy(path, folder / path.name.replace("ckpt-0", "ckpt-30"))
        return embed_split(*args, **kwargs)

    monkeypatch.setattr(embed, "embed_split", embed_while_training_goes_on)
    beside = checkpoint_evaluation.evaluate_checkpoint(
        own_logdir, settings=settings, untrained=False
    )
    assert beside.step == alone.step == 20
    for task, result in alone.datasets[0].tasks.items():
        assert beside.datasets[0].tasks[task].score == result.score


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


def test_a_damaged_checkpoint_that_was_named_is_a_fault(own_logdir):
    folder = checkpoints.checkpoint_folder(own_logdir)
    (folder / "ckpt-20.index").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="ckpt-20"):
        checkpoint_evaluation.evaluate_checkpoint(own_logdir, checkpoint="20")


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


def test_settings_take_the_place_of_the_configured_ones(own_logdir, capsys):
    assert (
        _run(
            evaluate,
            logdir=str(own_logdir),
            untrained="false",
            tasks="kendalls_tau,cycle_consistency",
            eval=["cycle_tolerance=0", "kendalls_tau_distance=cosine"],
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert "tolerance: 0 embedded frames" in printed
    (entry,) = results.read_json(own_logdir)
    assert entry["protocol"]["kendalls_tau_distance"] == "cosine"
    assert list(entry["datasets"]["tiny"]["tasks"]) == [
        "kendalls_tau",
        "cycle_consistency",
    ]
    assert list(entry["baselines"]) == ["frame index"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("classifier=knn", "knn"),
        ("classifier='knn'", "knn"),
        ("few_shot_videos=(1, 2)", (1, 2)),
        ("few_shot_videos=[1, 2]", (1, 2)),
        ("few_shot_seed=7", 7),
    ],
)
def test_settings_on_the_command_line(argument, value):
    name = argument.partition("=")[0]
    assert evaluate.parse_settings([argument]) == {name: value}


def test_impossible_settings_are_refused(own_logdir):
    with pytest.raises(ValueError, match="field=value, the field one of tasks"):
        evaluate.parse_settings(["k=3"])
    with pytest.raises(ValueError, match="field=value"):
        evaluate.parse_settings(["classifier"])
    with pytest.raises(
        ValueError, match=r"eval\.classifier must be one of svm"
    ):
        _run(evaluate, logdir=str(own_logdir), eval=["classifier=tree"])


def test_embeds_in_bfloat16_when_asked_to(logdir):
    embs = {}
    for precision in ("", "mixed_bfloat16"):
        config, _, parts = checkpoint_evaluation.embed_checkpoint(
            logdir, splits=["val"], settings={"precision": precision}
        )
        assert config.eval.precision == precision
        embs[precision] = next(parts).embs[0]
    assert embs["mixed_bfloat16"].dtype == np.float32
    spread = embs[""].std()
    error = np.abs(embs["mixed_bfloat16"] - embs[""]).max()
    assert 1e-5 * spread < error < 0.1 * spread
    with pytest.raises(ValueError, match=r"eval\.precision must be one of"):
        checkpoint_evaluation.embed_checkpoint(
            logdir, settings={"precision": "float8"}
        )


@pytest.mark.parametrize("precision", ["", "mixed_bfloat16"])
def test_a_report_is_of_one_checkpoint(tiny_config, tmp_path, precision):
    """Training writes another one while the first is evaluated."""
    tiny_config.eval.tasks = ("kendalls_tau", "algo_loss")
    tiny_config.eval.algo_loss_batches = 1
    tiny_config.train.max_steps = 4
    loop.train(tiny_config, tmp_path)
    later = [
        path
        for path in (tmp_path / "checkpoints").iterdir()
        if path.name.startswith("ckpt-4")
    ]
    assert later
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for path in later:
        path.rename(hidden / path.name)
    settings = {"precision": precision}
    alone = checkpoint_evaluation.evaluate_checkpoint(
        tmp_path, untrained=False, settings=settings
    )
    assert alone.step == 2

    embed_split = checkpoint_evaluation.embed.embed_split

    def embed_while_training(*args, **kwargs):
        for path in hidden.iterdir():
            path.rename(tmp_path / "checkpoints" / path.name)
        return embed_split(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            checkpoint_evaluation.embed, "embed_split", embed_while_training
        )
        beside = checkpoint_evaluation.evaluate_checkpoint(
            tmp_path, untrained=False, settings=settings
        )
    assert not list(hidden.iterdir())
    assert beside.step == 2
    assert (
        beside.datasets[0].tasks["algo_loss"].score
        == alone.datasets[0].tasks["algo_loss"].score
    )


def test_algo_loss_of_several_weighted_data_sets(tiny_config, tmp_path):
    tiny_config.data.datasets = tiny_config.data.datasets * 2
    tiny_config.data.sampling_weights = (1.0, 3.0)
    tiny_config.eval.tasks = ("algo_loss",)
    tiny_config.eval.algo_loss_batches = 1
    tiny_config.train.max_steps = 2
    loop.train(tiny_config, tmp_path)
    found = checkpoint_evaluation.evaluate_checkpoint(tmp_path, untrained=False)
    for result in found.datasets:
        assert not result.tasks["algo_loss"].skipped
        assert np.isfinite(result.tasks["algo_loss"].score)
