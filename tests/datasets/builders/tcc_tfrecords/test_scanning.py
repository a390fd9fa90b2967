import struct

import pytest

from tcc.datasets.builders.tcc_tfrecords import scanning
from tests.datasets import published_files


@pytest.fixture
def path(tmp_path):
    records = [b"a" * size for size in (5, 70, 0)]
    return published_files.write_records(tmp_path / "x.tfrecord", records)


def test_records_are_found_by_their_lengths(path):
    # A record has 16 bytes beside its data: 0, 5 + 16, 21 + 70 + 16.
    assert scanning.find_records(path) == scanning.RecordPlaces(
        [0, 21, 107], ""
    )


def test_the_checksum_is_that_of_tensorflow(path):
    length, checksum = struct.unpack("<QI", path.read_bytes()[:12])
    assert length == 5
    assert scanning.masked_crc32c(struct.pack("<Q", 5)) == checksum


@pytest.mark.parametrize("size", [22, 40, 122])
def test_a_cut_file_keeps_what_is_before_the_cut(path, size):
    path.write_bytes(path.read_bytes()[:size])
    places = scanning.find_records(path)
    whole = [0, 21][: 2 if size > 107 else 1]
    assert places.offsets == whole
    assert f"record {len(whole)} (from 0): the file ends" in places.problem


def test_a_damaged_length_hides_the_rest(path):
    data = bytearray(path.read_bytes())
    data[22] ^= 1
    path.write_bytes(data)
    places = scanning.find_records(path)
    assert places.offsets == [0]
    assert "record 1 (from 0): the checksum of its length" in places.problem


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "has no records"), (b"\x1f\x8b" + b"z" * 30, "not compressed")],
)
def test_other_files_are_told(tmp_path, data, message):
    path = tmp_path / "other"
    path.write_bytes(data)
    places = scanning.find_records(path)
    assert places.offsets == []
    assert message in places.problem
