import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tcc.video import prepared
from tcc.video.prepared import record_parsing
from tests.video import prepared_videos


def _names(data_dir, split):
    videos = prepared.iterate_videos("tiny", str(data_dir), split)
    return [video.name for video in videos]


def test_videos_come_whole_and_in_order(data_dir):
    videos = list(prepared.iterate_videos("tiny", str(data_dir), "train"))
    assert [v.name for v in videos] == [f"video_{k}" for k in range(5)]
    assert [len(v.jpegs) for v in videos] == [30, 25, 40, 12, 33]
    assert [v.label for v in videos] == [0, 1, 2, 0, 1]
    video = videos[3]
    assert video.jpegs == prepared_videos.make_frames(
        3, num_frames=12, height=16, width=20
    )
    assert video.frame_labels.tolist() == [0] * 6 + [1] * 6
    assert video.frame_labels.dtype == np.int64
    np.testing.assert_allclose(video.timestamps, np.arange(12) / 10, 1e-6)
    assert video.timestamps.dtype == np.float64
    assert video.fps == 10


def test_videos_equal_what_tfds_reads(data_dir):
    builder = tfds.builder_from_directory(data_dir / "tiny" / "1.0.0")
    expected = builder.as_dataset(
        split="val", decoders={"video": tfds.decode.SkipDecoding()}
    )
    videos = prepared.iterate_videos("tiny", str(data_dir), "val")
    for video, example in zip(videos, expected, strict=True):
        assert video.jpegs == example["video"].numpy().tolist()
        assert video.name == example["name"].numpy().decode()
        for field in ("frame_labels", "timestamps"):
            np.testing.assert_array_equal(getattr(video, field), example[field])


def test_missing_features_are_unknown(data_dir):
    videos = list(
        prepared.iterate_videos("other/small", str(data_dir), "train")
    )
    assert [v.name for v in videos] == [f"train/{i}" for i in range(4)]
    assert videos[1].frame_labels.tolist() == [-1] * 7
    assert np.isnan(videos[1].timestamps).all()
    assert len(videos[1].timestamps) == 7
    assert np.isnan(videos[1].fps)
    assert videos[1].label == -1


def test_timestamps_follow_from_the_frame_rate():
    example = tf.train.Example()
    example.features.feature["video"].bytes_list.value.extend([b"a"] * 3)
    example.features.feature["fps"].float_list.value.append(4.0)
    fields = record_parsing.parse(example.SerializeToString(), "fallback")
    assert fields["timestamps"].numpy().tolist() == [0.0, 0.25, 0.5]
    assert fields["name"] == b"fallback"


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train[:2]", [0, 1]),
        ("train[1:4]", [1, 2, 3]),
        ("train[-1:]+val", [4, 5, 6]),
        ("train[:40%]", [0, 1]),
    ],
)
def test_parts_of_splits(data_dir, split, expected):
    assert _names(data_dir, split) == [f"video_{k}" for k in expected]


def test_phase_names(data_dir):
    dataset = prepared.open_dataset("tiny", str(data_dir))
    assert dataset.phase_names == ["first", "second"]


def test_names_resolve_to_the_latest_version(tmp_path):
    folders = {
        version: prepared_videos.write(
            tmp_path, "set", version=version, lengths={"train": [3, 4]}
        )
        for version in ("9.0.0", "10.0.0")
    }
    # TFDS leaves such a folder behind when it is killed.
    incomplete = tmp_path / "set" / "incomplete.XYZ_11.0.0"
    incomplete.mkdir()
    (incomplete / "dataset_info.json").write_text("{}")
    latest = folders["10.0.0"]
    assert prepared.open_dataset("set", str(tmp_path)).folder == latest
    for name in ("set/9.0.0", str(folders["9.0.0"])):
        folder = prepared.open_dataset(name, str(tmp_path)).folder
        assert folder == folders["9.0.0"]
    elsewhere = prepared.open_dataset(str(tmp_path / "set"), "/nowhere")
    assert elsewhere.folder == latest


def test_missing_data_set_names_places_and_the_mend(data_dir):
    with pytest.raises(FileNotFoundError) as error:
        prepared.open_dataset("pouring/all", str(data_dir))
    message = str(error.value)
    assert "'pouring/all' is not prepared" in message
    assert str(data_dir / "pouring" / "all") in message
    assert "there is other, tiny." in message
    assert (
        "python -m tcc.datasets.prepare --dataset=pouring/all "
        f"--data_dir={data_dir}"
    ) in message


def test_config_left_out_names_the_configs(data_dir):
    with pytest.raises(FileNotFoundError, match="where there is small;"):
        prepared.open_dataset("other", str(data_dir))


def test_missing_split_names_the_splits(data_dir):
    dataset = prepared.open_dataset("tiny", str(data_dir))
    with pytest.raises(
        ValueError, match=r"tiny has no split 'test'\. There is: train, val"
    ):
        dataset.locate("test")


def test_other_data_sets_are_refused(tmp_path):
    builder = tfds.core.dataset_builders.AdhocBuilder(
        name="numbers",
        version="1.0.0",
        features=tfds.features.FeaturesDict({"x": np.int64}),
        split_datasets={"train": [(0, {"x": 1})]},
        data_dir=tmp_path,
    )
    builder.download_and_prepare()
    with pytest.raises(ValueError, match=r"needs a feature `video` .*'x'"):
        prepared.open_dataset("numbers", str(tmp_path))


def test_missing_and_damaged_files_are_named(tmp_path):
    folder = prepared_videos.write(tmp_path, "set")
    first, second = sorted(folder.glob("*train*"))
    content = second.read_bytes()
    videos = prepared.iterate_videos("set", str(tmp_path), "train")
    second.unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks its file {second}"):
        next(videos)

    second.write_bytes(b"")
    videos = prepared.iterate_videos("set", str(tmp_path), "train")
    with pytest.raises(ValueError, match=r"has 0 videos instead of \d"):
        next(videos)

    second.write_bytes(content)
    flipped = bytearray(first.read_bytes())
    flipped[100] ^= 1
    first.write_bytes(flipped)
    videos = prepared.iterate_videos("set", str(tmp_path), "train")
    with pytest.raises(ValueError, match=f"video 0 of .*{first}.*damaged"):
        next(videos)


def test_labels_that_are_not_one_per_frame_are_refused():
    example = tf.train.Example()
    features = example.features.feature
    features["video"].bytes_list.value.extend([b"a"] * 3)
    features["name"].bytes_list.value.append(b"cup")
    features["frame_labels"].int64_list.value.extend([1, 2])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"frame_labels of .*cup"
    ):
        record_parsing.parse(example.SerializeToString(), "")


def test_a_video_without_frames_is_refused():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"video .*empty.* has no frames"
    ):
        record_parsing.parse(tf.train.Example().SerializeToString(), "empty")
