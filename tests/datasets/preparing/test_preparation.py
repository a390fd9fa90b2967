import fcntl
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.preparing import generation, preparation
from tcc.datasets.showing import contact_sheet, reading, summary
from tests.datasets import video_files

_QUIET = generation.GenerationOptions(show_progress=False)
_SKIP_BAD = generation.GenerationOptions(show_progress=False, skip_bad=True)


def _prepare(videos, data_dir, *, options=_QUIET, overwrite=False, **more):
    return preparation.prepare(
        "video_folder/clips",
        data_dir=data_dir,
        options=options,
        arguments={"videos": str(videos), **more},
        overwrite=overwrite,
    )


def _all_files(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.is_dir()
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The three real clips, prepared in two processes."""
    return _prepare(
        video_files.G1_BOTTLE,
        tmp_path_factory.mktemp("real"),
        options=generation.GenerationOptions(
            show_progress=False, num_workers=1
        ),
        labels=str(video_files.G1_BOTTLE / "labels.json"),
        label_names=["idle", "reach", "grasp", "carry", "place", "withdraw"],
    )


def test_real_clips_are_read_back_as_they_were(real):
    builder = reading.open_folder(real)
    videos = {v.name: v for v in reading.iterate_videos(builder, "train")}
    assert sorted(videos) == ["episode_000010", "episode_000029"]
    video = videos["episode_000010"]
    assert Image.open(io.BytesIO(video.jpegs[0])).size == (256, 192)
    np.testing.assert_allclose(
        video.timestamps, np.arange(len(video.jpegs)) / 10
    )
    assert video.fps == pytest.approx(10)
    assert video.label == -1
    # Its labels: 0 to 1.5 s, 1 empty, 2 to 2.0 s, 3 to 4.9 s, 4 to 7.3 s.
    counts = np.bincount(video.frame_labels)
    assert list(counts[:5]) == [15, 0, 5, 29, 24]
    assert counts.sum() == len(video.jpegs)


def test_the_summary_counts_what_is_there(real):
    train, val = summary.summarize(real)
    assert (train.split, train.num_videos, train.num_labelled) == (
        "train",
        2,
        2,
    )
    assert (val.num_videos, val.num_labelled) == (1, 1)
    assert train.seconds == pytest.approx(train.num_frames / 10, rel=1e-6)
    assert train.phase_frames.sum() == train.num_frames
    text = summary.describe(real)
    assert "2 grasp" in text
    assert "skipped: none" in text


def test_the_contact_sheet_shows_every_video_and_phase(real):
    sheet = Image.open(real / preparation.CONTACT_SHEET)
    # Ten thumbnails of 96 pixels height, in 256 x 192.
    assert sheet.width == 10 * 128
    # The legend takes 14 and 6 pixels, a line of text 14, the thumbnails 96;
    # then comes the bar, 8 high. Both videos have phases 0 and 2 to 5.
    row = np.asarray(sheet)[14 + 6 + 14 + 96 + 4]
    shown = {tuple(int(channel) for channel in pixel) for pixel in row}
    colours = contact_sheet.phase_colours(6)
    assert {colours[phase] for phase in (0, 2, 5)} <= shown


_READ_WITHOUT_US = """
import sys
import tensorflow_datasets as tfds

builder = tfds.builder_from_directory(sys.argv[1])
example = next(iter(builder.as_dataset(split="val")))
print(example["video"].shape, builder.info.metadata["phase_names"][1])
assert not any(name.split(".")[0] == "tcc" for name in sys.modules)
"""


def test_prepared_data_load_without_this_package(real):
    done = subprocess.run(
        [sys.executable, "-c", _READ_WITHOUT_US, str(real)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "(94, 192, 256, 3) reach"


def test_labelled_and_unlabelled_clips_mix(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"a": {"x": {"1": [0, 800000]}}}))
    folder = _prepare(videos, tmp_path / "data", labels=str(labels))
    builder = reading.open_folder(folder)
    assert builder.info.metadata["phase_names"] == ["phase_0", "phase_1"]
    found = {
        video.name: set(video.frame_labels)
        for video in reading.iterate_videos(builder, "train")
    }
    assert found == {"a": {1}, "b": {-1}}


def test_too_few_names_are_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"not below 2, the number of names \(a, b\)"
    ):
        _prepare(
            video_files.G1_BOTTLE,
            tmp_path,
            labels=str(video_files.G1_BOTTLE / "labels.json"),
            label_names=["a", "b"],
        )


def test_a_data_set_is_replaced_only_on_request_and_as_a_whole(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    data_dir = tmp_path / "data"
    folder = _prepare(videos, data_dir)
    before = _all_files(data_dir)
    with pytest.raises(ValueError, match=r"already prepared in .*--overwrite"):
        _prepare(videos, data_dir)

    # One that fails leaves the old one as it was.
    (videos / "train" / "bad.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"bad.mp4 is not a video file"):
        _prepare(videos, data_dir, overwrite=True)
    assert _all_files(data_dir) == before
    assert summary.summarize(folder)[0].num_videos == 2

    # One that succeeds replaces it.
    _prepare(videos, data_dir, overwrite=True, options=_SKIP_BAD, fps=5.0)
    assert _all_files(data_dir) == before
    assert summary.summarize(folder)[0].num_frames == (8 + 12) // 2
    assert "bad.mp4" in summary.describe(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"no video", "is not a video file")],
)
def test_a_failure_leaves_nothing(tmp_path, content, message):
    videos = video_files.write_folder(tmp_path / "videos")
    # In the last split, so that the first is written when it fails.
    (videos / "val" / "z.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        _prepare(videos, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_what_a_killed_preparation_left_is_removed(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    data_dir = tmp_path / "data"
    left = data_dir / ".preparing-video_folder-clips-1.0.0"
    left.mkdir(parents=True)
    (left / "half.tfrecord").touch()
    left.with_suffix(".0.lock").touch()
    _prepare(videos, data_dir)
    assert [path.name for path in data_dir.iterdir()] == ["video_folder"]


def test_two_preparations_of_one_set_are_refused(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    lock = tmp_path / ".preparing-video_folder-clips-1.0.0.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="Another process is preparing"):
            _prepare(videos, tmp_path)
    assert not (tmp_path / "video_folder").exists()
