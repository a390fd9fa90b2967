import numpy as np
import pytest
import tensorflow as tf

from tcc.video.prepared import records

_RECORDS = [b"one", b"", b"three" * 1000, b"4"]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in _RECORDS:
            writer.write(record)
    return path


def test_find_offsets(path):
    # A record takes 8 bytes for its length, 4 + 4 for checksums, and itself.
    expected = [0, 16 + 3, 2 * 16 + 3, 3 * 16 + 3 + 5000]
    offsets = records.find_offsets(path)
    assert offsets.tolist() == expected
    assert offsets.dtype == np.int64


def test_find_offsets_of_an_empty_file(tmp_path):
    path = tmp_path / "empty.tfrecord"
    path.touch()
    assert records.find_offsets(path).tolist() == []


@pytest.mark.parametrize("kept", [5, 18, 60])
def test_find_offsets_refuses_a_file_that_was_cut_off(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=f"{path} is damaged: it has {kept}"):
        records.find_offsets(path)


def test_read_in_any_order_eager_and_in_a_graph(path):
    offsets = records.find_offsets(path)
    in_graph = tf.function(records.read)
    for index in (2, 0, 3, 1):
        assert records.read(str(path), offsets[index]) == _RECORDS[index]
        assert (
            in_graph(tf.constant(str(path)), tf.constant(offsets[index]))
            == _RECORDS[index]
        )


def test_read_verifies_the_checksum(path):
    offset = records.find_offsets(path)[2]
    content = bytearray(path.read_bytes())
    content[offset + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(tf.errors.DataLossError):
        records.read(str(path), offset)
