"""Descriptions of prepared data sets that must not reach TFDS.

A payload is a module in reach of Python; it ran if its file is there.
"""

import json
import os
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tcc.datasets.showing import reading
from tcc.video import prepared
from tcc.video.prepared import prepared_files
from tests.video import prepared_videos

_CLASSES = "tensorflow_datasets.core.features"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("data")
    lengths = {"train": [3]}
    return prepared_videos.write(data_dir, "set", lengths=lengths, num_shards=1)


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "set" / "1.0.0")


@pytest.fixture
def payload(tmp_path, monkeypatch):
    """A module `payload`; returns the file that it writes when imported."""
    written = tmp_path / "written"
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "payload.py").write_text(
        f"import pathlib\npathlib.Path({str(written)!r}).touch()\n"
    )
    monkeypatch.syspath_prepend(str(modules))
    yield written
    sys.modules.pop("payload", None)


def _change(path, change) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(change(content) or content))


def _assert_refused(folder, match) -> None:
    for open_folder in (
        lambda: prepared.open_dataset(str(folder), "/nowhere"),
        lambda: reading.open_folder(folder),
    ):
        with pytest.raises(ValueError, match=match) as error:
            open_folder()
        assert str(folder) in str(error.value)


def _feature(content, name):
    return content["featuresDict"]["features"][name]


_BAD = {"pythonClassName": "payload.X", "tensor": {"dtype": "int64"}}
_LEGACY_BAD = {"type": "payload.X", "content": {}, "proto_cls": ""}


def _dict(features):
    return {
        "pythonClassName": f"{_CLASSES}.features_dict.FeaturesDict",
        "featuresDict": {"features": features},
    }


def _legacy(features):
    return {
        "type": f"{_CLASSES}.features_dict.FeaturesDict",
        "content": features,
        "proto_cls": "",
    }


def _sequence(feature):
    return {
        "pythonClassName": f"{_CLASSES}.sequence_feature.Sequence",
        "sequence": {"feature": feature, "length": "-1"},
    }


_CHANGES = {
    "top": lambda c: c.update(pythonClassName="payload.X"),
    "leaf": lambda c: _feature(c, "fps").update(pythonClassName="payload.X"),
    "sequence": lambda c: c.update(_dict({"x": _sequence(_BAD)})),
    "dict": lambda c: c.update(_dict({"x": _dict({"y": _BAD})})),
    "snake": lambda c: _feature(c, "name").update(
        python_class_name=_feature(c, "name").pop("pythonClassName")
        and "payload.X"
    ),
    "legacy_top": lambda _: {"type": "payload.X", "content": {}},
    "legacy_leaf": lambda _: _legacy({"x": _LEGACY_BAD}),
    "legacy_in_todays": lambda _: {
        "pythonClassName": f"{_CLASSES}.features_dict.FeaturesDict",
        "jsonFeature": {"json": json.dumps({"x": _LEGACY_BAD})},
    },
    "twice_in_strings": lambda _: {
        "pythonClassName": f"{_CLASSES}.features_dict.FeaturesDict",
        "json_feature": {
            "json": json.dumps(
                _legacy(
                    {"x": _BAD | {"jsonFeature": {"json": json.dumps(_BAD)}}}
                )
            )
        },
    },
    "legacy_content_string": lambda _: {
        "type": f"{_CLASSES}.features_dict.FeaturesDict",
        "content": json.dumps({"features": {"x": _BAD}}),
        "proto_cls": "tensorflow_datasets.FeaturesDict",
    },
    "submodule": lambda c: _feature(c, "fps").update(
        pythonClassName="payload.deep.X"
    ),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES.keys())
def test_a_class_of_a_stranger_is_never_imported(folder, payload, change):
    path = folder / "features.json"
    _change(path, change)
    _assert_refused(folder, r"features\.json.*'payload.*\.X'")
    assert not payload.exists()
    assert "payload" not in sys.modules


def test_the_payload_would_run_without_the_check(folder, payload):
    """The tests above could not fail otherwise."""
    _change(folder / "features.json", _CHANGES["leaf"])
    with pytest.raises(ValueError, match="payload"):
        tfds.builder_from_directory(folder)
    assert payload.exists()


def test_an_escaped_key_is_still_found(folder, payload):
    path = folder / "features.json"
    _change(path, _CHANGES["leaf"])
    path.write_text(
        path.read_text().replace("pythonClassName", "\\u0070ythonClassName")
    )
    _assert_refused(folder, "payload")
    assert not payload.exists()


def test_features_inside_dataset_info_are_checked_too(folder, payload):
    _change(
        folder / "dataset_info.json",
        lambda c: c.update(features=_dict({"x": _BAD})),
    )
    _assert_refused(folder, r"dataset_info\.json.*payload\.X")
    assert not payload.exists()


def test_the_module_of_the_builder_is_not_imported(folder, payload):
    _change(
        folder / "dataset_info.json", lambda c: c.update(moduleName="payload")
    )
    videos = prepared.iterate_videos(str(folder), "/nowhere", "train")
    assert [video.name for video in videos] == ["video_0"]
    list(reading.iterate_videos(reading.open_folder(folder), "train"))
    assert not payload.exists()


def test_every_allowed_class_is_one_that_tfds_has_already():
    registered = tfds.features.FeatureConnector._registered_features
    assert set(registered) >= prepared_files.FEATURE_CLASSES


@pytest.mark.parametrize(
    "feature",
    [
        tfds.features.Audio(),
        tfds.features.BBoxFeature(),
        tfds.features.ClassLabel(names=["a", "b"]),
        tfds.features.Dataset({"x": tfds.features.Text()}),
        tfds.features.LabeledImage(labels=3, shape=(None, None, 1)),
        tfds.features.Translation(["en", "de"]),
        tfds.features.TranslationVariableLanguages(["en", "de"]),
        tfds.features.Video((None, None, None, 3)),
        {"type": tfds.features.Text(), "labels": {"json": np.bool_}},
    ],
    ids=lambda feature: type(feature).__name__,
)
def test_all_features_of_tfds_are_read(folder, feature):
    video = tfds.features.Sequence(tfds.features.Image())
    features = tfds.features.FeaturesDict({"video": video, "x": feature})
    features.save_config(folder)
    assert "x" in prepared.open_dataset(str(folder), "/").info.features
    # The form that TFDS wrote before version 4.4.
    (folder / "features.json").write_text(json.dumps(features.to_json()))
    assert "x" in reading.open_folder(folder).info.features


@pytest.mark.parametrize(
    "template",
    [
        "../other-{SPLIT}.tfrecord-{SHARD_X_OF_Y}",
        "/etc/{SPLIT}",
        "a/b-{SHARD_X_OF_Y}",
        "{DATASET.__class__}",
        "{SPLIT:>999999999999}",
        "{UNKNOWN}",
        "{",
    ],
)
def test_files_outside_of_the_folder_are_refused(folder, template):
    def change(content):
        content["splits"][0]["filepathTemplate"] = template

    _change(folder / "dataset_info.json", change)
    _assert_refused(folder, r"dataset_info\.json.*in the folder of")


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(name="../../etc/passwd"),
        lambda c: c["splits"][0].update(name="../train"),
        lambda c: c.update(fileFormat="../x"),
        lambda c: c.update(fileFormat="array_record"),
        lambda c: c.update(file_format=c.pop("fileFormat") and "riegeli"),
        lambda c: c["splits"][0].update(shardLengths=["-3"]),
        lambda c: c["splits"][0].update(shardLengths=["9" * 30]),
        lambda c: c.update(version="latest"),
        lambda c: c.update(unknown=1),
        lambda c: c.update(splits={"train": 3}),
        lambda _: [1],
    ],
)
def test_impossible_descriptions_are_refused(folder, change):
    _change(folder / "dataset_info.json", change)
    _assert_refused(folder, "Prepare the data set again")


def test_absurd_sizes_are_refused(folder):
    path = folder / "features.json"
    good = path.read_text()
    label = {"pythonClassName": f"{_CLASSES}.class_label_feature.ClassLabel"}
    for value in (10**12, "1000000000000", 1e30, -1):
        _change(
            path,
            lambda c, value=value: c["featuresDict"]["features"].update(
                label=label | {"classLabel": {"numClasses": value}}
            ),
        )
        _assert_refused(folder, "numClasses must be a number from 0")
        path.write_text(good)
    shape = {"dimensions": ["1000000", "1000000"]}
    tensor = {"dtype": "int64", "encoding": "none", "shape": shape}
    _change(
        path,
        lambda c: c["featuresDict"]["features"].update(
            x={
                "pythonClassName": f"{_CLASSES}.tensor_feature.Tensor",
                "tensor": tensor,
            }
        ),
    )
    _assert_refused(folder, r"shape \(1000000, 1000000\)")


def test_names_from_other_files_are_refused(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    _change(
        folder / "features.json",
        lambda _: _legacy(
            {
                "label": {
                    "type": f"{_CLASSES}.class_label_feature.ClassLabel",
                    "content": {"names_file": str(secret)},
                }
            }
        ),
    )
    _assert_refused(folder, "names_file")


@pytest.mark.parametrize(
    "name", ["dataset_info.json", "features.json", "metadata.json"]
)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe{}", b"3"],
    ids=["empty", "cut", "deep_list", "deep_dict", "utf16", "number"],
)
def test_damaged_descriptions_are_named(folder, name, content):
    (folder / name).write_bytes(content)
    _assert_refused(folder, rf"{name}.*Prepare the data set again")


@pytest.mark.parametrize("key", ["phase_names", "action_names"])
@pytest.mark.parametrize("value", [3, None, "ab", [1, 2], {"a": 1}])
def test_names_of_another_type_are_refused(folder, key, value):
    (folder / "metadata.json").write_text(json.dumps({key: value}))
    _assert_refused(folder, rf"metadata\.json.*{key} must be a list of names")


def test_a_pipe_does_not_hang(folder):
    (folder / "features.json").unlink()
    os.mkfifo(folder / "features.json")
    _assert_refused(folder, r"features\.json is not a file")


def test_a_missing_description_is_named(folder):
    (folder / "features.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"features\.json is missing"):
        prepared.open_dataset(str(folder), "/nowhere")


@pytest.mark.parametrize(
    ("key", "values", "match"),
    [
        ("frame_labels", [0, 10**9, 0], "frame_labels must be from -1 to 9999"),
        ("frame_labels", [0, -2, 0], r"Received: -2 to 0$"),
        ("label", [2**62], "label must be from -1 to 999999"),
        ("name", [b"\xff\xfe"], "name is not UTF-8 text"),
    ],
)
def test_absurd_values_in_records_are_refused(folder, key, values, match):
    record = tf.train.Example()
    features = record.features.feature
    features["video"].bytes_list.value.extend([b"a"] * 3)
    if isinstance(values[0], bytes):
        features[key].bytes_list.value.extend(values)
    else:
        features[key].int64_list.value.extend(values)
    (path,) = folder.glob("*train*")
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(record.SerializeToString())
    with pytest.raises(ValueError, match=match) as error:
        next(prepared.iterate_videos(str(folder), "/nowhere", "train"))
    assert str(path) in str(error.value)


def test_action_names_of_a_set_of_tfds_own_catalogue(folder):
    assert prepared.open_dataset(str(folder), "/").action_names == []
    video = tfds.features.Sequence(tfds.features.Image())
    label = tfds.features.ClassLabel(names=["pour", "cut"])
    features = tfds.features.FeaturesDict({"video": video, "label": label})
    features.save_config(folder)
    opened = prepared.open_dataset(str(folder), "/")
    assert opened.action_names == ["pour", "cut"]
