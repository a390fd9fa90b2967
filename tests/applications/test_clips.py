"""Which files are videos, and which labels are theirs."""

import json
import shutil

import pytest

from tcc.applications import clips
from tests.io import test_folder_entries


def test_hidden_files_and_letters_of_patterns(tmp_path):
    folder = tmp_path / "clips [2024] *?{x} \\"
    folder.mkdir()
    for name in ("b.MTS", "a.mp4", "._a.mp4", ".DS_Store", "Thumbs.db", "x.ts"):
        (folder / name).write_text("text")
    (folder / "b.MTS").write_bytes(b"\0")
    found = [folder / "a.mp4", folder / "b.MTS"]
    assert clips.list_files(str(folder)) == found
    assert clips.list_files(f"{folder}/*") == found
    assert clips.list_files(f"{folder}/*.mp4") == found[:1]
    assert clips.list_files(str(found[0])) == found[:1]


def test_what_is_no_file_is_refused_at_once(tmp_path):
    odd = test_folder_entries.make_odd_files(tmp_path)
    for pattern in (tmp_path, tmp_path / "*.mp4"):
        with pytest.raises(ValueError, match="is a pipe") as caught:
            clips.list_files(str(pattern))
        assert "and 1 more" in str(caught.value)  # 6, of which 5 are shown
    for name, what in odd.items():
        if name != "folder.mp4":  # a folder to look into
            with pytest.raises(ValueError, match=f"{name} {what}"):
                clips.list_files(str(tmp_path / name))


def test_a_folder_without_videos_is_explained(tmp_path):
    for name in ("train/a.mp4", "frames/1.png", "b.ogg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0")
    with pytest.raises(FileNotFoundError, match="names no video") as caught:
        clips.list_files(str(tmp_path))
    for part in (
        "train: 1 video (a.mp4)",
        "frames: a video as pictures",
        ".ogg",
    ):
        assert part in str(caught.value)


def _upper(video_files, folder):
    """Two clips as cameras name them, and one beside them."""
    folder.mkdir(parents=True)
    names = ("GH01.MP4", "GH02.MP4", "c2.mp4")
    for path, name in zip(video_files, names, strict=True):
        shutil.copy(path, folder / name)
    return [folder / name for name in names]


def test_labels_are_read_as_prepare_reads_them(video_files, tmp_path):
    paths = _upper(video_files, tmp_path / "upper")
    labels = tmp_path / "labels.tsv"
    labels.write_text(
        "video;start;end;phase\nGH01.MP4;0;1,0;up\nGH01.MP4;1,0;2,0;down\n"
        "GH02.mp4;0;2;up\nc2;0;2;up\n"
    )
    videos = clips.read_files(
        paths, sample_fps=5, labels=labels, label_names=("up", "down")
    )
    assert [video.frame_labels.tolist() for video in videos] == [
        [0] * 5 + [1] * 5,
        [0] * 10,
        [0] * 10,
    ]
    # Of one of them, with the labels of all.
    (video,) = clips.read_files(
        paths[1:2], sample_fps=5, labels=labels, label_names=("up", "down")
    )
    assert video.frame_labels.tolist() == [0] * 10
    with pytest.raises(ValueError, match="--label_names"):
        clips.read_files(paths, labels=labels)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["c2.mp4", "c2"], r"two entries for .*c2\.mp4.*line 1.*line 2"),
        (["train/c2", "val/c2"], r"two entries for .*c2\.mp4"),
        (["c2", "nobody"], r"no video 'nobody' \(line 2\)"),
        (["c2", "gh01"], r"no video 'gh01' \(line 2\). Is it 'GH01'"),
    ],
)
def test_entries_that_fit_no_video_are_refused(
    video_files, tmp_path, keys, message
):
    paths = _upper(video_files, tmp_path / "upper")
    labels = tmp_path / "labels.json"
    entries = [f'"{key}": {{"me": {{"0": [0, 2000000]}}}}' for key in keys]
    labels.write_text("{" + ",\n".join(entries) + "}")
    with pytest.raises(ValueError, match=message):
        clips.read_files(paths, labels=labels)


def test_labels_of_other_splits_are_left_alone(video_files, tmp_path):
    paths = _upper(video_files, tmp_path / "val")
    _upper(video_files, tmp_path / "train")
    labels = tmp_path / "labels.json"
    spans = {"val/c2": 2, "train/c2": 1, "GH01": 0}
    labels.write_text(
        json.dumps(
            {key: {"me": {str(n): [0, 2000000]}} for key, n in spans.items()}
        )
    )
    (video,) = clips.read_files(paths[2:], sample_fps=5, labels=labels)
    assert video.frame_labels.tolist() == [2] * 10
