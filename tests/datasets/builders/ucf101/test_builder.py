import dataclasses

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tcc.configs import schema
from tcc.datasets import registry
from tcc.datasets.builders.ucf101 import ucf101_dataset_builder as ucf101
from tcc.datasets.preparing import generation, preparation
from tcc.datasets.showing import reading
from tcc.video import input_pipeline, prepared


def _prepare(data_dir, monkeypatch, frames):
    """Prepares the config with mock examples in place of the real files."""

    def generate(self, videos_dir, splits_dir, data_list):
        del videos_dir, splits_dir
        for index, video in enumerate(frames):
            label = ("Basketball", "YoYo")[index % 2]
            name = f"v_{label}_g0{index}_c01.avi"
            yield name, {"video": list(video), "label": label}

    class Downloads:
        def __init__(self, *args, **kwargs):
            del args, kwargs
            self.register_checksums = False
            self.downloaded_size = 0

        def download_and_extract(self, urls):
            return urls

    monkeypatch.setattr(ucf101.ucf101.Ucf101, "_generate_examples", generate)
    monkeypatch.setattr(
        ucf101.Ucf101Videos, "_make_download_manager", Downloads
    )
    monkeypatch.setattr(ucf101.shutil, "which", lambda name: name)
    return preparation.prepare(
        "ucf101", data_dir=data_dir, options=generation.GenerationOptions()
    )


@pytest.fixture
def frames():
    """Videos as TFDS mocks the real builder's: uint8 [L, 256, 256, 3]."""
    with tfds.testing.mock_data(num_examples=4):
        dataset = tfds.load("ucf101/ucf101_1_256", split="train")
        return [e["video"][:12] for e in tfds.as_numpy(dataset)]


def test_mock_data_go_through_the_same_pipeline(tmp_path, monkeypatch, frames):
    folder = _prepare(tmp_path, monkeypatch, frames)
    assert folder == tmp_path / "ucf101" / "ucf101_1_256" / "2.0.0"
    builder = reading.open_folder(folder)
    assert sorted(builder.info.splits) == ["test", "train"]
    videos = {v.name: v for v in reading.iterate_videos(builder, "test")}
    assert sorted(videos)[0] == "v_Basketball_g00_c01"
    dataset = prepared.open_dataset("ucf101/ucf101_1_256", str(tmp_path))
    names = dataset.action_names
    assert len(names) == 101
    config = schema.DataConfig(
        data_dir=str(tmp_path),
        datasets=("ucf101/ucf101_1_256",),
        batch_by="action",
        num_steps=3,
        image_size=16,
    )
    seen = set()
    batches = input_pipeline.training_batches(config, batch_size=2, seed=0)
    for batch in batches.take(6):
        assert batch["frames"].shape == (2, 3, 2, 16, 16, 3)
        (action,) = set(batch["labels"].numpy())
        seen.add(names[action])
    assert seen == {"Basketball", "YoYo"}
    (video, *_) = prepared.iterate_videos(
        "ucf101/ucf101_1_256", str(tmp_path), "train"
    )
    assert video.fps == 25
    np.testing.assert_allclose(video.timestamps, np.arange(12) / 25)
    assert (video.frame_labels == -1).all()


@pytest.mark.parametrize(
    ("dataset", "changes", "message"),
    [
        ("ucf101/x", {}, r"config of ucf101 must be .*Received: 'x'"),
        ("ucf101", {"skip_bad": True}, "neither --skip_bad nor"),
    ],
)
def test_what_tfds_cannot_do_is_refused(tmp_path, dataset, changes, message):
    options = dataclasses.replace(generation.GenerationOptions(), **changes)
    with pytest.raises(ValueError, match=message):
        registry.create_builder(
            dataset, data_dir=tmp_path, options=options, arguments={}
        )


def test_a_missing_ffmpeg_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ucf101.shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match=r"ffmpeg, which is not there"):
        ucf101.create(
            "", data_dir=tmp_path, options=generation.GenerationOptions()
        )
