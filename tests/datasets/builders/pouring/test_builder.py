import json
import shutil

import pytest

from tcc.datasets.builders.pouring import pouring_dataset_builder as pouring
from tests.datasets import prepare_runs, published_files, video_files


def test_the_published_files_are_read(tmp_path):
    folder = published_files.write_pouring(tmp_path / "records")
    builder, videos = prepare_runs.prepare(
        "pouring", tmp_path / "data", source_dir=folder
    )
    assert builder.data_path == tmp_path / "data" / "pouring" / "1.0.0"
    assert sorted(videos["train"]) == [
        "train-0-of-2_0",
        "train-0-of-2_1",
        "train-1-of-2_0",
    ]
    video = videos["val"]["val-0-of-1_1"]
    assert video.frame_labels.tolist() == [0, 1, 2, 2, 3, 4]
    metadata = builder.info.metadata
    assert metadata["phase_names"] == list(pouring.PHASE_NAMES)
    assert metadata["notes"] == {
        "train": "3 videos; the publication has 70.",
        "val": "2 videos; the publication has 14.",
    }
    assert "dwibedi2019temporal" in builder.info.citation


def test_the_files_are_downloaded_from_the_authors(tmp_path, monkeypatch):
    source = published_files.write_pouring(tmp_path / "web")
    builder = pouring.create(
        "", data_dir=tmp_path / "data", options=prepare_runs.QUIET
    )

    class Downloads:
        def download(self, urls):
            assert urls["val"] == [
                "https://storage.googleapis.com/tcc-pouring/"
                "pouring_val-0-of-1.tfrecord"
            ]
            # TFDS calls what it downloads by a hash.
            return {
                split: [
                    shutil.copy(source / url.split("/")[-1], tmp_path / f"{i}")
                    for i, url in enumerate(split_urls)
                ]
                for split, split_urls in urls.items()
                if split == "val"
            }

    found = builder._find_sources(Downloads())
    assert len(found["val"]) == 2

    class Offline:
        def download(self, urls):
            raise ConnectionError("no network")

    with pytest.raises(ValueError, match=r"no network.*--source_dir=FOLDER"):
        builder._find_sources(Offline())


def test_a_missing_file_is_named(tmp_path):
    folder = published_files.write_pouring(tmp_path / "records")
    (folder / "pouring_train-1-of-2.tfrecord").unlink()
    with pytest.raises(FileNotFoundError, match="lacks pouring_train-1-of-2"):
        prepare_runs.prepare("pouring", tmp_path / "data", source_dir=folder)
    assert list((tmp_path / "data").iterdir()) == []


def test_raw_videos_with_labels(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    labels = tmp_path / "labels.json"
    phases = {
        "hand_reaching": [0, 200000],
        "1": [200000, 400000],
        "4": [400000, 800000],
    }
    labels.write_text(json.dumps({"a": {"me": phases}}))
    builder, videos = prepare_runs.prepare(
        "pouring", tmp_path / "data", videos=folder, labels=labels
    )
    assert videos["train"]["a"].frame_labels.tolist() == [
        *[0, 0],
        *[1, 1],
        *[4, 4, 4, 4],
    ]
    assert builder.info.metadata["phase_names"] == list(pouring.PHASE_NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source_dir": "a", "videos": "b"}, "takes --source_dir"),
        ({"labels": "b"}, "takes --source_dir"),
    ],
)
def test_contradictions_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        prepare_runs.prepare("pouring", tmp_path, **arguments)
    with pytest.raises(ValueError, match="pouring has no configs"):
        prepare_runs.prepare("pouring/x", tmp_path)
