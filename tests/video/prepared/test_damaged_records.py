import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import input_pipeline, prepared
from tcc.video.prepared import damaged_records
from tests.video import prepared_videos


def _config(data_dir):
    return schema.DataConfig(
        data_dir=str(data_dir),
        datasets=("tiny",),
        num_steps=5,
        num_context=1,
        image_size=8,
        random_offset=0,
    )


def _read(config):
    with damaged_records.named(config):
        for _ in input_pipeline.training_batches(
            config, batch_size=2, seed=0
        ).take(10):
            pass


def test_an_undecodable_frame_is_named(tmp_path):
    prepared_videos.write(tmp_path, "tiny", broken_before=3)
    with pytest.raises(
        ValueError,
        match=r"data set tiny, split 'train', frame 0 of video 'video_\d' "
        r"cannot be decoded: .*Prepare .*tcc\.datasets\.validate",
    ):
        _read(_config(tmp_path))


def test_a_damaged_record_is_named(tmp_path):
    folder = prepared_videos.write(tmp_path, "tiny", num_shards=1)
    (path,) = folder.glob("*train*")
    content = bytearray(path.read_bytes())
    content[-100] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"the record at byte \d+ is damaged"):
        _read(_config(tmp_path))


def test_other_errors_stay_what_they_are(tmp_path):
    prepared_videos.write(tmp_path, "tiny")
    config = _config(tmp_path)
    _read(config)
    assert damaged_records.find(config) == ""
    with (
        pytest.raises(tf.errors.InvalidArgumentError, match="mine"),
        damaged_records.named(config),
    ):
        raise tf.errors.InvalidArgumentError(None, None, "mine")


def test_whole_pictures_have_no_problem(tmp_path):
    prepared_videos.write(tmp_path, "tiny")
    video = next(prepared.iterate_videos("tiny", str(tmp_path), "val"))
    assert damaged_records.decoding_problem(video.jpegs[0]) == ""
    assert damaged_records.decoding_problem(video.jpegs[0][:40]) != ""
    assert damaged_records.decoding_problem(b"") != ""
