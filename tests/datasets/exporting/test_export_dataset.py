import csv
import json

import numpy as np
import pytest
import tensorflow as tf

from tcc.datasets.exporting import export_dataset, tfrecord_export, video_export
from tcc.datasets.preparing import generation, jpeg, preparation
from tcc.video import files, prepared
from tests.datasets import prepared_examples

_EVEN = prepared_examples.make_video("even", [0, 0, 1, 1, 1, 2], label=3)
_UNEVEN = prepared_examples.make_video(
    "uneven", [1, 1, 1, 2, 2], times=[0.0, 0.03, 0.2, 0.25, 1.0]
)
_UNLABELLED = prepared_examples.make_video("unlabelled", [-1] * 4)
_HOSTILE = prepared_examples.make_video("../../a\nb 茶", [0, 1, 2])
_PARTS = prepared_examples.make_video("parts", [0, 0, 1, 1, 0, -1])


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    prepared_examples.write(
        folder,
        {
            "train": [_EVEN, _UNEVEN, _UNLABELLED],
            "val": [_HOSTILE, _PARTS, prepared_examples.make_video("x", [1])],
        },
    )
    return folder


@pytest.fixture(scope="module")
def videos(data_dir, tmp_path_factory):
    output = tmp_path_factory.mktemp("out") / "videos"
    text = export_dataset.export_videos(
        "small", output=output, data_dir=str(data_dir)
    )
    return output, text


def _all_files(folder):
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_no_name_leads_out_of_the_folder(videos):
    output, _ = videos
    assert [path.name for path in output.parent.iterdir()] == ["videos"]
    (hostile,) = (output / "val").glob("*茶*")
    assert hostile.suffix == ".mp4"
    assert _all_files(output) == {
        "labels.json",
        "labels.csv",
        "videos.csv",
        "train/even.mp4",
        "train/uneven.mp4",
        "train/unlabelled.mp4",
        f"val/{hostile.name}",
        "val/parts.mp4",
        "val/x.mp4",
    }


def test_files_hold_the_frames_at_their_times(videos):
    output, _ = videos
    for video in (_EVEN, _UNEVEN):
        frames = list(files.read_frames(output / "train" / f"{video.name}.mp4"))
        np.testing.assert_allclose(
            [frame.timestamp for frame in frames], video.timestamps, atol=2e-5
        )
        for index, frame in enumerate(frames):
            np.testing.assert_allclose(
                frame.pixels.mean(), 20 + 5 * index, atol=3
            )


def test_the_index_keeps_what_file_names_cannot(videos):
    output, _ = videos
    with (output / "videos.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "video": "train/even.mp4",
        "name": "even",
        "frames": "6",
        "fps": "10",
        "action": "3",
        "source": "",
    }
    assert rows[3]["name"] == _HOSTILE.name
    assert (output / rows[3]["video"]).is_file()


def test_what_the_label_files_cannot_say_is_told(videos):
    output, text = videos
    assert "val/parts: phase 0 (reach) comes 2 times; the JSON" in text
    assert "val/parts: 1 of 6 frames have no phase" in text
    assert "6 videos, 5 of them labelled" in text
    content = json.loads((output / "labels.json").read_text())
    # Frames 0 and 1 of 10 a second; the boundary lies between 0.1 and 0.2 s.
    assert content["val/parts"]["prepared"]["0"] == [0, 150_000]


@pytest.mark.parametrize("name", ["labels.json", "labels.csv"])
def test_the_round_trip_gives_the_same_labels(videos, tmp_path, name):
    output, _ = videos
    preparation.prepare(
        "video_folder/again",
        data_dir=tmp_path,
        options=generation.GenerationOptions(show_progress=False),
        arguments={
            "videos": str(output),
            "labels": str(output / name),
            "label_names": list(prepared_examples.PHASE_NAMES),
        },
    )
    again = {
        video.name: video
        for split in ("train", "val")
        for video in prepared.iterate_videos(
            "video_folder/again", str(tmp_path), split
        )
    }
    for video in (_EVEN, _UNEVEN, _UNLABELLED):
        found = again[video.name]
        np.testing.assert_array_equal(found.frame_labels, video.frame_labels)
        np.testing.assert_allclose(
            found.timestamps, video.timestamps, atol=2e-5
        )
        assert found.source == str(output / "train" / f"{video.name}.mp4")
    # Only a table can say that a phase comes back; a frame without a phase
    # gets that of its neighbours in either.
    expected = (
        [0, 0, 1, 1, 0, 0] if name == "labels.csv" else [0, 0, 1, 1, 1, 1]
    )
    np.testing.assert_array_equal(again["parts"].frame_labels, expected)
    (hostile,) = (v for key, v in again.items() if "茶" in key)
    np.testing.assert_array_equal(hostile.frame_labels, [0, 1, 2])


# The original's reader: context and sequence features as in its `datasets.py`.
_CONTEXT = {
    "name": tf.io.FixedLenFeature([], tf.string),
    "len": tf.io.FixedLenFeature([], tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
}
_SEQUENCES = {
    "video": tf.io.FixedLenSequenceFeature([], tf.string),
    "frame_labels": tf.io.FixedLenSequenceFeature([], tf.int64),
}


def test_records_are_read_as_the_original_reads_them(data_dir, tmp_path):
    text = export_dataset.export_tfrecords(
        "small", output=tmp_path, data_dir=str(data_dir)
    )
    assert "train: 3 videos" in text
    folder = tmp_path / "small_tfrecords"
    assert _all_files(folder) == {
        "small_train-0-of-1.tfrecord",
        "small_val-0-of-1.tfrecord",
    }
    found = []
    for record in tf.data.TFRecordDataset(
        str(folder / "small_train-0-of-1.tfrecord")
    ):
        context, sequences = tf.io.parse_single_sequence_example(
            record, _CONTEXT, _SEQUENCES
        )
        found.append((context, sequences))
    for video, (context, sequences) in zip(
        (_EVEN, _UNEVEN, _UNLABELLED), found, strict=True
    ):
        assert context["name"] == video.name.encode()
        assert context["len"] == len(video.jpegs)
        assert context["label"] == video.label
        assert sequences["video"].numpy().tolist() == video.jpegs
        np.testing.assert_array_equal(
            sequences["frame_labels"], video.frame_labels
        )


def test_the_bytes_of_a_record_are_those_of_its_features():
    video = prepared.Video(
        name="ü",
        jpegs=[b"\xff\xd8a", b"\xff\xd8b"],
        frame_labels=np.array([1, -1]),
        timestamps=np.zeros(2),
        fps=1.0,
        label=-1,
    )
    example = tf.train.SequenceExample.FromString(
        tfrecord_export.to_sequence_example(video)
    )
    kinds = {
        key: feature.WhichOneof("kind")
        for key, feature in example.context.feature.items()
    }
    assert kinds == {
        "name": "bytes_list",
        "len": "int64_list",
        "label": "int64_list",
    }
    lists = example.feature_lists.feature_list
    assert sorted(lists) == ["frame_labels", "video"]
    assert [list(f.bytes_list.value) for f in lists["video"].feature] == [
        [b"\xff\xd8a"],
        [b"\xff\xd8b"],
    ]
    assert [
        list(f.int64_list.value) for f in lists["frame_labels"].feature
    ] == [[1], [-1]]


def test_records_are_spread_evenly_over_files(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord_export, "VIDEOS_PER_FILE", 2)
    export_dataset.export_tfrecords(
        "small", output=tmp_path, data_dir=str(data_dir)
    )
    counts = {
        path.name: sum(1 for _ in tf.data.TFRecordDataset(str(path)))
        for path in (tmp_path / "small_tfrecords").glob("*train*")
    }
    assert counts == {
        "small_train-0-of-2.tfrecord": 2,
        "small_train-1-of-2.tfrecord": 1,
    }


def test_the_round_trip_through_records(data_dir, tmp_path):
    export_dataset.export_tfrecords(
        "small", output=tmp_path, data_dir=str(data_dir)
    )
    preparation.prepare(
        "tcc_tfrecords/again",
        data_dir=tmp_path / "data",
        options=generation.GenerationOptions(show_progress=False),
        arguments={"source_dir": str(tmp_path / "small_tfrecords")},
    )
    found = list(
        prepared.iterate_videos(
            "tcc_tfrecords/again", str(tmp_path / "data"), "val"
        )
    )
    assert {video.name for video in found} == {_HOSTILE.name, "parts", "x"}
    (parts,) = (video for video in found if video.name == "parts")
    np.testing.assert_array_equal(parts.frame_labels, _PARTS.frame_labels)
    assert parts.jpegs == _PARTS.jpegs


def test_a_frame_that_cannot_be_decoded_leaves_nothing(tmp_path):
    bad = prepared_examples.make_video("bad one", [0, 0])
    bad.jpegs[1] = b"\xff\xd8 not a picture"
    prepared_examples.write(tmp_path / "data", {"train": [_EVEN, bad]})
    with pytest.raises(
        ValueError, match=r"frame 1 of video 'bad one' \(split 'train'\)"
    ):
        export_dataset.export_videos(
            "small", output=tmp_path / "out", data_dir=str(tmp_path / "data")
        )
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_is_overwritten(data_dir, tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(ValueError, match="is there already"):
        export_dataset.export_videos(
            "small", output=tmp_path, data_dir=str(data_dir)
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_sets_that_do_not_know_their_rate(tmp_path):
    video = prepared.Video(
        name="v",
        jpegs=_EVEN.jpegs,
        frame_labels=_EVEN.frame_labels,
        timestamps=np.full(6, np.nan),
        fps=float("nan"),
        label=-1,
    )
    timed = video_export._with_times(video)
    assert timed.fps == 30
    np.testing.assert_allclose(timed.timestamps, np.arange(6) / 30)


def _of_two_sizes(name):
    """Returns a video as an earlier version prepared it."""
    video = prepared_examples.make_video(name, [0, 0, 1, 1])
    other = jpeg.encode(np.full((16, 16, 3), 30, np.uint8))
    jpegs = [video.jpegs[0], other, *video.jpegs[2:]]
    object.__setattr__(video, "jpegs", jpegs)
    return video


@pytest.mark.parametrize("file_format", ["videos", "tfrecords"])
def test_what_is_exported_can_be_prepared_again(tmp_path, file_format):
    # Frames of two sizes, and frames that are closer than a clock of 90 kHz.
    close = prepared_examples.make_video(
        "close", [0, 1, 1, 2], times=[0.0, 0.1, 0.100001, 0.100002]
    )
    prepared_examples.write(
        tmp_path / "data",
        {"train": [_of_two_sizes("a"), close], "val": [_of_two_sizes("b")]},
    )
    output = tmp_path / "out"
    options = generation.GenerationOptions(show_progress=False)
    if file_format == "videos":
        export_dataset.export_videos(
            "small", output=output, data_dir=str(tmp_path / "data")
        )
        arguments = {
            "videos": str(output),
            "labels": str(output / "labels.csv"),
        }
        name = "video_folder/again"
    else:
        export_dataset.export_tfrecords(
            "small", output=output, data_dir=str(tmp_path / "data")
        )
        (folder,) = output.glob("*_tfrecords")
        arguments = {"source_dir": str(folder)}
        name = "tcc_tfrecords/again"
    preparation.prepare(
        name,
        data_dir=tmp_path / "again",
        options=options,
        arguments=arguments,
    )
    videos = {
        video.name: video
        for video in prepared.iterate_videos(
            name, str(tmp_path / "again"), "train"
        )
    }
    assert videos["a"].frame_labels.tolist() == [0, 0, 1, 1]
    assert {jpeg.size_of(data) for data in videos["a"].jpegs} == {(32, 24)}
    assert len(videos["close"].jpegs) == 4
