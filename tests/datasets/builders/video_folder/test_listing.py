import pytest

from tcc.datasets.builders.video_folder import listing


def _touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _list(folder, val_fraction=None, split_seed=None):
    found = listing.list_videos(
        folder, val_fraction=val_fraction, split_seed=split_seed
    )
    return {
        split: [video.path.name for video in found if video.split == split]
        for split in dict.fromkeys(video.split for video in found)
    }


def test_subfolders_are_splits(tmp_path):
    _touch(tmp_path, "train/b.mp4", "train/a.MOV", "val/c.webm", "test/d.mkv")
    _touch(tmp_path, "train/notes.txt", "train/.hidden.mp4", "other/e.mp4")
    assert _list(tmp_path) == {
        "train": ["a.MOV", "b.mp4"],
        "val": ["c.webm"],
        "test": ["d.mkv"],
    }


def test_one_folder_is_split_by_chance_and_seed(tmp_path):
    _touch(tmp_path, *(f"{number:02d}.avi" for number in range(20)))
    first = _list(tmp_path)
    # 0.2 of 20.
    assert len(first["val"]) == 4
    assert sorted(first["train"] + first["val"]) == [
        f"{number:02d}.avi" for number in range(20)
    ]
    assert _list(tmp_path) == first
    others = [_list(tmp_path, split_seed=seed)["val"] for seed in range(1, 9)]
    assert any(other != first["val"] for other in others)
    assert len(_list(tmp_path, val_fraction=0.5)["val"]) == 10


def test_a_new_video_moves_at_most_one_other(tmp_path):
    _touch(tmp_path, *(f"{number:02d}.mp4" for number in range(20)))
    before = set(_list(tmp_path)["val"])
    _touch(tmp_path, "new.mp4")
    after = set(_list(tmp_path)["val"])
    assert len(before - after) <= 1


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_both_splits_always_have_a_video(tmp_path, fraction):
    _touch(tmp_path, "a.mp4", "b.mp4")
    assert {s: len(v) for s, v in _list(tmp_path, fraction).items()} == {
        "train": 1,
        "val": 1,
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["notes.txt"], r"no videos \(.avi, .*\) for the split 'train'"),
        (["only.mp4"], "no videos .* for the split 'val'"),
        (["train/a.mp4"], "no videos .* for the split 'val'"),
        (["val/a.mp4"], "no videos .* for the split 'train'"),
        (
            ["train/a.mp4", "train/a.mov", "val/b.mp4"],
            "a.mov and .*a.mp4 have the same name",
        ),
    ],
)
def test_a_folder_without_use_is_refused(tmp_path, names, message):
    _touch(tmp_path, *names)
    with pytest.raises(ValueError, match=message):
        _list(tmp_path)


def test_bad_requests_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder of videos .*none"):
        _list(tmp_path / "none")
    _touch(tmp_path, "flat/a.mp4", "flat/b.mp4")
    with pytest.raises(ValueError, match=r"between 0 and 1. Received: 1.5"):
        _list(tmp_path / "flat", val_fraction=1.5)
    _touch(tmp_path, "split/train/a.mp4", "split/val/b.mp4")
    with pytest.raises(ValueError, match="split by its subfolders"):
        _list(tmp_path / "split", split_seed=1)


def test_what_is_beside_the_splits_is_remarked(tmp_path):
    _touch(tmp_path, "train/a.mp4", "val/b.mp4", "c.mp4", "extra/d.mp4")
    _touch(tmp_path, "train/._a.mp4", "train/sub/e.mp4")
    notes: dict[str, str] = {}
    found = listing.list_videos(
        tmp_path, val_fraction=None, split_seed=None, notes=notes
    )
    assert [video.name for video in found] == ["a", "b"]
    assert "has train/, val/: move it there" in notes[str(tmp_path / "c.mp4")]
    assert "d.mp4" in notes[str(tmp_path / "extra")]
    assert "e.mp4" in notes[str(tmp_path / "train" / "sub")]
    assert len(notes) == 3


def test_a_folder_of_pictures_alone_is_explained(tmp_path):
    _touch(tmp_path, "1.jpg", "2.jpg")
    with pytest.raises(ValueError, match="need a folder of their own"):
        _list(tmp_path)
