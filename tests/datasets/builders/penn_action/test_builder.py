import json
import os

import numpy as np
import pytest
import scipy.io

from tests.datasets import prepare_runs, published_files


@pytest.fixture
def penn(tmp_path):
    return published_files.write_penn_action(tmp_path / "Penn_Action")


@pytest.fixture
def phases(tmp_path):
    return published_files.write_phases(tmp_path / "phases")


def _prepare(config, tmp_path, penn, **more):
    return prepare_runs.prepare(
        f"penn_action/{config}", tmp_path / "data", source_dir=penn, **more
    )


def test_one_action_with_the_sets_own_split(tmp_path, penn):
    builder, videos = _prepare("bowling", tmp_path, penn, source_fps=10.0)
    assert {split: sorted(v) for split, v in videos.items()} == {
        "train": ["0001", "0002"],
        "val": ["0003"],
    }
    video = videos["train"]["0002"]
    assert video.frame_labels.tolist() == [-1] * 8
    assert video.label == 0
    assert video.jpegs == [published_files.picture(i) for i in range(8)]
    metadata = builder.info.metadata
    assert metadata["action_names"] == ["bowling"]
    assert len(metadata["phase_names"]) == 3
    assert metadata["notes"] == {
        "bowling train": "2 videos; the publication has 134.",
        "bowling val": "1 videos; the publication has 85.",
    }


def test_hidden_files_change_nothing(tmp_path, penn, phases):
    for path in (
        *penn.glob("labels/*.mat"),
        *penn.glob("frames/*/*.jpg"),
        *phases.glob("*/*/*.npy"),
    ):
        (path.parent / f"._{path.name}").write_bytes(b"\0\5\26\7")
        (path.parent / ".DS_Store").touch()
    builder, videos = _prepare("bowling", tmp_path, penn, labels=phases)
    assert sorted(videos["train"]) == ["0001", "0003"]
    assert len(videos["val"]["0002"].jpegs) == 8
    path = phases / "val" / "bowling" / "0002.npy"
    notes = builder.info.metadata["notes"]
    assert notes[str(path)] == "4 labels for 8 frames; resampled."


def test_pipes_are_named(tmp_path, penn, phases):
    path = phases / "val" / "bowling" / "0002.npy"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match=r"0002\.npy is a pipe"):
        _prepare("bowling", tmp_path, penn, labels=phases)
    mat = penn / "labels" / "0001.mat"
    mat.unlink()
    os.mkfifo(mat)
    with pytest.raises(ValueError, match=r"0001\.mat is a pipe"):
        _prepare("bowling", tmp_path, penn)


def test_the_label_folders_split_and_resample(tmp_path, penn, phases):
    builder, videos = _prepare("bowling", tmp_path, penn, labels=phases)
    assert {split: sorted(v) for split, v in videos.items()} == {
        "train": ["0001", "0003"],
        "val": ["0002"],
    }
    assert videos["train"]["0001"].frame_labels.tolist() == [0, 0, 1, 1, 2, 2]
    # Four labels for eight frames: each twice.
    labels = videos["val"]["0002"].frame_labels.tolist()
    assert labels == [0, 0, 1, 1, 2, 2, 2, 2]
    path = phases / "val" / "bowling" / "0002.npy"
    notes = builder.info.metadata["notes"]
    assert notes[str(path)] == "4 labels for 8 frames; resampled."
    _, by_set = _prepare(
        "bowling", tmp_path / "b", penn, labels=phases, split_by="set"
    )
    assert sorted(by_set["train"]) == ["0001", "0002"]
    assert sorted(by_set["train"]["0001"].frame_labels) == [0, 0, 1, 1, 2, 2]


def test_all_actions_number_their_phases_through(tmp_path, penn, phases):
    builder, videos = _prepare("all", tmp_path, penn, labels=phases)
    names = builder.info.metadata["phase_names"]
    # Key events of the paper + 1 for each action, added up.
    assert len(names) == 4 + 3 + 2 + 3 + 6 + 3 + 4 + 2 + 2 + 2 + 4 + 3 + 4
    serve = videos["train"]["0004"]
    shown = [names[phase] for phase in serve.frame_labels]
    assert shown[0] == "tennis_serve/until_ball_released_from_hand"
    assert shown[-1] == "tennis_serve/after_ball_touches_racket"
    actions = builder.info.metadata["action_names"]
    assert actions[serve.label] == "tennis_serve"
    assert actions[videos["train"]["0001"].label] == "bowling"


def test_pose_box_and_visibility_belong_to_the_kept_frames(tmp_path, penn):
    builder, _ = _prepare(
        "tennis_serve", tmp_path, penn, source_fps=10.0, fps=5.0, size=8
    )
    (example,) = builder.as_dataset(split="train").as_numpy_iterator()
    assert example["video"].shape == (3, 8, 12, 3)
    # x is joint + frame, y twice the joint + frame; frames 0, 2, 4 of 6 are
    # kept, at half the size.
    joints, frames = np.arange(13), np.array([[0], [2], [4]])
    np.testing.assert_allclose(example["pose"][..., 0], (joints + frames) / 2)
    np.testing.assert_allclose(
        example["pose"][..., 1], (2 * joints + frames) / 2
    )
    np.testing.assert_allclose(example["bbox"], [[0.5, 1, 10, 7]] * 3)
    assert example["visibility"].all()


def test_annotations_that_end_early_are_padded(tmp_path, penn):
    mat = penn / "labels" / "0004.mat"
    content = published_files.penn_annotation("tennis_serve", 6)
    scipy.io.savemat(mat, content | {"bbox": content["bbox"][:4]})
    builder, _ = _prepare("tennis_serve", tmp_path, penn)
    (example,) = builder.as_dataset(split="train").as_numpy_iterator()
    assert np.isnan(example["bbox"]).all(axis=1).tolist() == [
        *[False] * 4,
        *[True] * 2,
    ]


def test_segments_from_a_label_file(tmp_path, penn):
    path = tmp_path / "labels.json"
    entry = {"0": [0, 200000], "after_ball_release": [200000, 600000]}
    # 0004 is of an action with four phases; not looked at here.
    other = {"me": {"3": [0, 600000]}}
    path.write_text(json.dumps({"0001": {"me": entry}, "0004": other}))
    _, videos = _prepare(
        "bowling", tmp_path, penn, labels=path, source_fps=10.0
    )
    assert videos["train"]["0001"].frame_labels.tolist() == [0, 0, 2, 2, 2, 2]
    assert set(videos["train"]["0002"].frame_labels) == {-1}
    path.write_text(json.dumps({"../0001": {"me": {"0": [0, 1]}}}))
    with pytest.raises(ValueError, match=r"there is no video '../0001'"):
        _prepare("bowling", tmp_path / "b", penn, labels=path)
    path.write_text(json.dumps({"0001": {"me": {"3": [0, 1]}}}))
    with pytest.raises(ValueError, match=r"'0001': .* not below 3"):
        _prepare("bowling", tmp_path / "b", penn, labels=path)


def _mat(**changes):
    def write(path):
        content = published_files.penn_annotation("bowl", 6, **changes)
        scipy.io.savemat(path, content)

    return write


def _without(name):
    def write(path):
        content = published_files.penn_annotation("bowl", 6)
        del content[name]
        scipy.io.savemat(path, content)

    return write


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda p: p.write_bytes(b""), "is damaged or no MATLAB file"),
        (lambda p: p.write_bytes(p.read_bytes()[:300]), "Unpack it again"),
        (lambda p: p.write_bytes(b"x" * 500), "is damaged or no MATLAB file"),
        (_without("action"), "must have the variable action"),
        (_without("x"), "must have the variable x"),
        (_mat(action=3), "action must be one text"),
        (_mat(train=5), "train must be 1 .* Received: 5"),
        (_mat(nframes=7), "nframes must be .* 6.*Received: 7"),
        (_mat(nframes="six"), "nframes must be one number"),
        (_mat(x=np.zeros((6, 12))), r"x must be numbers \[nframes, 13\]"),
        (_mat(bbox="none"), r"bbox must be numbers \[nframes, 4\]"),
    ],
)
def test_a_bad_annotation_is_named(tmp_path, penn, write, message):
    path = penn / "labels" / "0001.mat"
    write(path)
    with pytest.raises(ValueError, match=message) as error:
        _prepare("bowling", tmp_path, penn)
    assert str(path) in str(error.value)
    assert "--skip_bad" in str(error.value)
    builder, videos = _prepare(
        "bowling", tmp_path, penn, options=prepare_runs.SKIP_BAD
    )
    assert sorted(videos["train"]) == ["0002"]
    assert len(builder.info.metadata["skipped"]) == 1


def _save(array, **settings):
    return lambda path: np.save(path, array, **settings)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda p: p.write_bytes(b"x"), "is damaged, pickled or no .npy"),
        (lambda p: p.write_bytes(p.read_bytes()[:-9]), "is damaged, pickled"),
        (
            _save(np.array([0, "a"], object), allow_pickle=True),
            "pickled.*Object arrays cannot be loaded",
        ),
        (_save(np.zeros(6)), r"must be integers .* float64 \[6\]"),
        (_save(np.zeros((6, 1), int)), r"must be integers .* int64 \[6, 1\]"),
        (_save(np.zeros(0, int)), r"must be integers .* int64 \[0\]"),
        (_save(np.arange(6)), "from 0 to 2, .* Received: 0 to 5"),
        (_save(np.full(6, -2)), "from 0 to 2, .* Received: -2 to -2"),
    ],
)
def test_bad_phases_are_named(tmp_path, penn, phases, write, message):
    path = phases / "train" / "bowling" / "0001.npy"
    write(path)
    with pytest.raises(ValueError, match=message) as error:
        _prepare("bowling", tmp_path, penn, labels=phases)
    assert str(path) in str(error.value)
    assert list((tmp_path / "data").iterdir()) == []


def test_other_bad_folders(tmp_path, penn, phases):
    with pytest.raises(FileNotFoundError, match=r"no folder .*frames"):
        _prepare("bowling", tmp_path, tmp_path / "none")
    with pytest.raises(ValueError, match=r"has no videos of golf_swing"):
        _prepare("golf_swing", tmp_path, penn)
    with pytest.raises(FileNotFoundError, match="no label file or folder"):
        _prepare("bowling", tmp_path, penn, labels=tmp_path / "none")
    with pytest.raises(ValueError, match="--split_by must be 'set'"):
        _prepare("bowling", tmp_path, penn, split_by="labels")
    with pytest.raises(ValueError, match=r"config of penn_action .*'bowl'"):
        _prepare("bowl", tmp_path, penn)
    wrong = phases / "train" / "squats"
    wrong.mkdir()
    (phases / "train" / "bowling" / "0001.npy").rename(wrong / "0001.npy")
    with pytest.raises(ValueError, match=r"folder of the action 'bowling'"):
        _prepare("bowling", tmp_path, penn, labels=phases)
    (wrong / "0001.npy").rename(wrong / "9999.npy")
    with pytest.raises(ValueError, match=r"9999.npy is of no video"):
        _prepare("bowling", tmp_path, penn, labels=phases)


def test_bad_frames_are_named(tmp_path, penn):
    frame = penn / "frames" / "0001" / "000003.jpg"
    frame.write_bytes(frame.read_bytes()[:-80])
    with pytest.raises(ValueError, match=r"000003.jpg is damaged"):
        _prepare("bowling", tmp_path, penn)
    frame.unlink()
    with pytest.raises(ValueError, match=r"nframes must be .* 5"):
        _prepare("bowling", tmp_path, penn)
    for left in frame.parent.iterdir():
        left.unlink()
    with pytest.raises(ValueError, match="0001 must be a folder with the fra"):
        _prepare("bowling", tmp_path, penn)
