import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tcc.datasets.builders.tcc_tfrecords import parsing
from tcc.datasets.showing import summary
from tests.datasets import prepare_runs, published_files

_LABELS = [0, 0, 1, 1, 2, 2]


def _write(folder, records, split="train"):
    path = folder / f"set_{split}-0-of-1.tfrecord"
    return published_files.write_records(path, records)


def _prepare(tmp_path, **more):
    return prepare_runs.prepare(
        "tcc_tfrecords/mine", tmp_path / "data", source_dir=tmp_path, **more
    )


def test_records_are_read_with_and_without_labels(tmp_path):
    _write(
        tmp_path,
        [
            published_files.sequence_example("a", labels=_LABELS, action=3),
            published_files.sequence_example("b", num_frames=4),
        ],
    )
    _write(tmp_path, [published_files.sequence_example("c")], "val")
    builder, videos = _prepare(tmp_path, source_fps=10.0)
    labelled, bare = videos["train"]["a"], videos["train"]["b"]
    assert labelled.frame_labels.tolist() == _LABELS
    assert (labelled.label, bare.label) == (3, -1)
    assert bare.frame_labels.tolist() == [-1] * 4
    # The frames are copied byte by byte.
    assert bare.jpegs == [published_files.picture(i) for i in range(4)]
    np.testing.assert_allclose(bare.timestamps, [0, 0.1, 0.2, 0.3])
    assert bare.fps == 10
    assert builder.info.metadata["phase_names"] == [
        "phase_0",
        "phase_1",
        "phase_2",
    ]
    assert list(videos["val"]) == ["c"]


def test_frames_are_thinned_out_and_shrunk(tmp_path):
    record = published_files.sequence_example("a", labels=_LABELS)
    _write(tmp_path, [record])
    _, videos = _prepare(tmp_path, source_fps=10.0, fps=5.0, size=8)
    video = videos["train"]["a"]
    assert video.frame_labels.tolist() == [0, 1, 2]
    assert Image.open(io.BytesIO(video.jpegs[1])).size == (12, 8)
    assert np.asarray(Image.open(io.BytesIO(video.jpegs[1]))).mean() == 20


def test_frames_of_several_sizes_become_one(tmp_path):
    sizes = [(24, 16), (16, 16), (24, 16)]
    frames = [
        published_files._bytes(published_files.picture(index, size=size))
        for index, size in enumerate(sizes)
    ]
    _write(tmp_path, [_bad("a", num_frames=3, video=frames)])
    builder, videos = _prepare(tmp_path)
    kept = [
        np.asarray(Image.open(io.BytesIO(jpeg)))
        for jpeg in videos["train"]["a"].jpegs
    ]
    assert [pixels.shape for pixels in kept] == [(16, 24, 3)] * 3
    np.testing.assert_allclose([p.mean() for p in kept], [0, 10, 20], atol=1)
    (note,) = builder.info.metadata["notes"].values()
    assert "frame 1 of `video`, from 24 x 16 to 16 x 16 pixels" in note


def test_patterns_and_names(tmp_path):
    _write(tmp_path, [published_files.sequence_example("a", labels=_LABELS)])
    builder, _ = prepare_runs.prepare(
        "tcc_tfrecords",
        tmp_path / "data",
        records=[f"train={tmp_path}/set_*"],
        name="other",
        label_names=["reach", "lift", "pour"],
    )
    assert builder.info.metadata["phase_names"] == ["reach", "lift", "pour"]
    assert "/tcc_tfrecords/other/1.0.0" in str(builder.data_dir)


def _bad(name="bad", **changes):
    return published_files.sequence_example(name, **changes)


_INTS = published_files._ints
_FLOAT = tf.train.Feature(float_list=tf.train.FloatList(value=[1.0]))
_CUT = published_files.picture(1)[:-80]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"nonsense", "is not a SequenceExample"),
        (_bad(video=[]), "has no frames .*`video`"),
        (_bad(video=[_INTS(1)]), "frame 0 of `video` must be one bytes value"),
        (_bad(len=_INTS(7)), "`len` must be .* 6.* Received: 7"),
        (_bad(len=_FLOAT), "`len` must be one int64 .* 1 float values"),
        (_bad(label=_INTS(1, 2)), "`label` must be one .* 2 int64 values"),
        (_bad(name="x", labels=[0] * 5), "`frame_labels` must have 6 .*: 5"),
        (_bad(labels=[0, 0, 0, 0, 0, -2]), "Received: -2 at frame 5"),
        (_bad(frame_labels=[_FLOAT] * 6), "frame 0 of `frame_labels` must be"),
        (
            _bad(video=[published_files._bytes(_CUT)], len=None),
            "frame 0 of `video` is damaged or no picture",
        ),
    ],
)
def test_a_bad_record_is_named_and_can_be_left_out(tmp_path, record, message):
    good = published_files.sequence_example("good")
    path = _write(tmp_path, [good, record])
    with pytest.raises(ValueError, match=message) as error:
        _prepare(tmp_path)
    assert f"{path}, record 1 (from 0)" in str(error.value)
    assert "--skip_bad" in str(error.value)
    assert list((tmp_path / "data").iterdir()) == []
    builder, videos = _prepare(tmp_path, options=prepare_runs.SKIP_BAD)
    assert list(videos["train"]) == ["good"]
    assert list(builder.info.metadata["skipped"]) == [
        f"{path}, record 1 (from 0)"
    ]
    assert f"{path}, record 1" in summary.describe(builder.data_path)


def test_damaged_data_and_a_cut_file(tmp_path):
    names = "abc"
    path = _write(
        tmp_path, [published_files.sequence_example(n) for n in names]
    )
    data = bytearray(path.read_bytes())
    data[40] ^= 1  # in the data of record 0
    path.write_bytes(data[:-5])
    with pytest.raises(ValueError, match=r"record 2 .*ends inside.*--skip_bad"):
        _prepare(tmp_path)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"record 0 .*checksum of its data"):
        _prepare(tmp_path)
    path.write_bytes(data[:-5])
    builder, videos = _prepare(tmp_path, options=prepare_runs.SKIP_BAD)
    assert list(videos["train"]) == ["b"]
    assert len(builder.info.metadata["skipped"]) == 2


def test_two_videos_of_one_name_are_refused(tmp_path):
    record = published_files.sequence_example("twin")
    _write(tmp_path, [record, record])
    with pytest.raises(ValueError, match="'twin' is the name of two videos"):
        _prepare(tmp_path)
    _, videos = _prepare(tmp_path, options=prepare_runs.SKIP_BAD)
    assert list(videos["train"]) == ["twin"]


def test_a_phase_beyond_the_names_is_refused(tmp_path):
    _write(tmp_path, [published_files.sequence_example("a", labels=_LABELS)])
    with pytest.raises(ValueError, match=r"below 2, .*Received: 2 at frame 4"):
        _prepare(tmp_path, label_names=["x", "y"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs either --source_dir.*Received: neither"),
        ({"source_dir": ".", "records": ["a=b"]}, "Received: both"),
        ({"source_dir": ".", "source_fps": -1.0}, "--source_fps must be pos"),
    ],
)
def test_contradictions_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        prepare_runs.prepare("tcc_tfrecords/x", tmp_path, **arguments)


def test_names_from_records_are_only_names(tmp_path):
    hostile = ["../../etc/x", "a\nb", "naïve ☃", "with space", ""]
    _write(tmp_path, [published_files.sequence_example(n) for n in hostile])
    _, videos = _prepare(tmp_path)
    unnamed = "set_train-0-of-1.tfrecord:000004"
    assert sorted(videos["train"]) == sorted([*hostile[:-1], unnamed])
    outside = {path.name for path in tmp_path.iterdir()}
    assert outside == {"data", "set_train-0-of-1.tfrecord"}


def test_a_name_that_is_no_text_is_refused(tmp_path):
    example = tf.train.SequenceExample.FromString(
        published_files.sequence_example()
    )
    example.context.feature["name"].bytes_list.value[0] = b"\xff"
    path = _write(tmp_path, [example.SerializeToString()])
    source = parsing.RecordSource(path, 0, 0, 30.0, None, None, 0)
    with pytest.raises(ValueError, match="`name` must be UTF-8 text"):
        parsing.make_video(source)
