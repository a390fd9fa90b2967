import os

import pytest

from tcc.datasets.builders.tcc_tfrecords import shards


def _touch(folder, *names):
    for name in names:
        (folder / name).touch()


def _names(found):
    return {split: [p.name for p in paths] for split, paths in found.items()}


def test_files_are_found_by_the_originals_names(tmp_path):
    train = [f"my_set_train-{i}-of-11.tfrecord" for i in range(11)]
    _touch(tmp_path, *train, "my_set_val-0-of-1.tfrecords", "notes.txt")
    assert _names(shards.find_in_folder(tmp_path)) == {
        "train": train,  # 10 behind 9
        "val": ["my_set_val-0-of-1.tfrecords"],
    }


def test_hidden_files_are_no_set_and_pipes_are_named(tmp_path):
    folder = tmp_path / "records [1]"
    folder.mkdir()
    _touch(folder, "a_train-0-of-1.tfrecord", "._a_train-0-of-1.tfrecord")
    expected = {"train": ["a_train-0-of-1.tfrecord"]}
    assert _names(shards.find_in_folder(folder)) == expected
    by_pattern = shards.find_by_pattern([f"train={folder}/*train*"])
    assert _names(by_pattern) == expected
    os.mkfifo(folder / "a_val-0-of-1.tfrecord")
    with pytest.raises(ValueError, match="is a pipe"):
        shards.find_in_folder(folder)
    with pytest.raises(ValueError, match="is a pipe"):
        shards.find_by_pattern([f"val={folder}/*val*"])


def test_a_missing_file_is_named(tmp_path):
    _touch(tmp_path, "a_train-0-of-3.tfrecord", "a_train-2-of-3.tfrecord")
    with pytest.raises(
        FileNotFoundError, match=r"lacks a_train-1-of-3\.tfrecord \(1 of 3"
    ):
        shards.find_in_folder(tmp_path)


def test_what_is_no_set_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder of TFRecords"):
        shards.find_in_folder(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="has no files <set>_<split>"):
        shards.find_in_folder(tmp_path)
    _touch(tmp_path, "a_train-0-of-1", "b_train-0-of-1")
    with pytest.raises(ValueError, match=r"one set only.*Received: a, b"):
        shards.find_in_folder(tmp_path)
    found = shards.find_in_folder(tmp_path, dataset="b")
    assert _names(found) == {"train": ["b_train-0-of-1"]}


def test_patterns_name_the_files_of_each_split(tmp_path):
    _touch(tmp_path, "one.rec", "two.rec", "held.rec")
    found = shards.find_by_pattern(
        [f"train={tmp_path}/*o*.rec", f"val={tmp_path}/held.rec"]
    )
    assert _names(found) == {
        "train": ["one.rec", "two.rec"],
        "val": ["held.rec"],
    }
    with pytest.raises(FileNotFoundError, match="no file fits 'none' of"):
        shards.find_by_pattern(["train=none"])
    with pytest.raises(ValueError, match="must be <split>=<pattern>"):
        shards.find_by_pattern(["*.rec"])
    with pytest.raises(ValueError, match="each split once"):
        shards.find_by_pattern([f"a={tmp_path}/*", f"a={tmp_path}/*"])
