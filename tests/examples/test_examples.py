"""Every example is run, with settings of its own where they are quick."""

import pathlib
import runpy

import numpy as np
import pytest

import tcc
from tcc.configs import own_backbones, own_objectives
from tcc.matching import correspondence
from tcc.video import files, prepared
from tests.evaluation import checkpoint_folders

_FOLDER = pathlib.Path(__file__).parents[2] / "examples"
_CLIPS = pathlib.Path(__file__).parents[1] / "data/g1_bottle"


def _main(name):
    return runpy.run_path(str(_FOLDER / f"{name}.py"))["main"]


@pytest.fixture
def own_backbone(monkeypatch):
    monkeypatch.setattr(own_backbones.REGISTERED, "_registered", {})


@pytest.fixture
def own_objective(monkeypatch):
    monkeypatch.setattr(own_objectives.REGISTERED, "_registered", {})


def test_every_example_is_tested():
    content = pathlib.Path(__file__).read_text()
    content += (
        pathlib.Path(__file__).with_name("test_loss_on_your_embeddings.py")
    ).read_text()
    for example in _FOLDER.glob("*.py"):
        assert example.stem in content


def test_two_videos_are_aligned_by_a_trained_network(tmp_path, capsys):
    config = checkpoint_folders.small_config(tmp_path)
    checkpoint_folders.write_checkpoints(tmp_path / "run", config, [1])
    videos = [
        _CLIPS / "val/episode_000059.mp4",
        _CLIPS / "train/episode_000010.mp4",
    ]
    output = tmp_path / "out.mp4"
    partners = _main("align_two_videos")(
        [*map(str, videos), f"--logdir={tmp_path}/run", f"--output={output}"]
    )
    frames = [
        list(files.read_frames(path, fps=15, shorter_side=224))
        for path in videos
    ]
    assert len(partners) == len(frames[0])
    model = tcc.load(tmp_path / "run")
    embs = [
        model.embed_video(np.stack([frame.pixels for frame in clip]))
        for clip in frames
    ]
    expected = correspondence.align(*embs, method="dtw")
    np.testing.assert_array_equal(partners, expected)
    assert (np.diff(partners) >= 0).all()
    assert partners[0] == 0
    assert partners[-1] == len(frames[1]) - 1
    shown = next(files.read_frames(output))
    assert shown.pixels.shape == (224, 448, 3)
    assert files.probe(output).num_frames == len(partners)
    last = f"{frames[1][partners[-1]].timestamp:.2f} s of episode_000010"
    assert last in capsys.readouterr().out


def test_a_data_set_of_ones_own_is_prepared(tmp_path, capsys):
    folder = _main("custom_data_set")([str(tmp_path)])
    assert folder == tmp_path / "balls/1.0.0"
    videos = list(prepared.iterate_videos("balls", str(tmp_path), "train"))
    assert len(videos) == 12
    assert all(set(video.frame_labels) == {0, 1, 2} for video in videos)
    assert "contact_sheet.png" in capsys.readouterr().out


def test_a_backbone_of_ones_own_is_trained(own_backbone, capsys):
    embs = _main("custom_backbone")(max_steps=2)
    assert embs.shape[1] == 128
    assert np.isfinite(embs).all()
    assert "weights in the backbone" in capsys.readouterr().out


def test_an_objective_of_ones_own_is_trained(own_objective, capsys):
    accuracy = _main("custom_objective")(max_steps=2)
    assert 0 <= accuracy <= 1
    printed = capsys.readouterr().out
    assert "a bank of 8 videos" in printed
    assert "embeddings of 128 channels" in printed


@pytest.mark.slow
def test_a_memory_of_all_videos_learns_to_tell_them(own_objective):
    # By chance 1 of 8.
    assert _main("custom_objective")() > 0.3


@pytest.mark.slow
def test_few_labels_are_enough(capsys):
    shares = _main("few_shot_labels")([])
    assert all(shown > by_time for shown, by_time in shares.values())
    assert "labels of 4" in capsys.readouterr().out


@pytest.mark.slow
def test_two_videos_are_aligned_without_a_trained_network(tmp_path):
    output = tmp_path / "out.mp4"
    partners = _main("align_two_videos")([f"--output={output}"])
    assert files.probe(output).num_frames == len(partners)
    assert (np.diff(partners) >= 0).all()
    # Several frames may be joined with the first one, and with the last: how
    # many depends on how far the training came in its half minute.
    second = sorted((_CLIPS / "train").iterdir())[1]
    num_frames = len(list(files.read_frames(second, fps=15)))
    assert partners[0] < num_frames / 4
    assert partners[-1] > num_frames * 3 / 4
