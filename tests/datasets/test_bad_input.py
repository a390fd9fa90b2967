"""Data as strangers have them: every error says what, where and the mend."""

import json
import pathlib
import subprocess

import numpy as np
import pytest

from tcc.configs import schema
from tcc.datasets.exporting import export_dataset
from tcc.io import write_errors
from tcc.video import files, input_pipeline
from tests.datasets import prepare_runs, video_files


def _noise(path, *, shape, count, fps):
    """Writes noise, which does not compress."""
    rng = np.random.default_rng(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = (rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count))
    files.write_video(path, frames, fps=fps)
    return path


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_video_is_named_or_left_out(tmp_path, damage):
    folder = video_files.write_folder(tmp_path / "videos")
    bad = _noise(
        folder / "train" / "bad.mp4", shape=(48, 64, 3), count=20, fps=10
    )
    content = bytearray(bad.read_bytes())
    half = len(content) // 2
    if damage == "cut":
        content = content[:half]
    else:
        content[half : half + 4000] = bytes(4000)
    bad.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.mp4 is.*again.*--skip_bad"):
        prepare_runs.prepare("video_folder/x", tmp_path / "data", videos=folder)
    assert list((tmp_path / "data").iterdir()) == []
    builder, splits = prepare_runs.prepare(
        "video_folder/x",
        tmp_path / "data",
        options=prepare_runs.SKIP_BAD,
        videos=folder,
    )
    assert sorted(splits["train"]) == ["a", "b"]
    (skipped,) = builder.info.metadata["skipped"]
    assert skipped == "train: bad.mp4"


_HOSTILE = [
    "two words",
    "tasse 茶",
    "a\nb",
    "$(touch x); rm -rf .. #",
    "..hidden-like..",
    "%s{0}[1]",
    "'quoted' \"twice\"",
    "<script>alert(1)</script>".replace("/", "_"),
]


def test_hostile_names_come_through_and_lead_nowhere(tmp_path):
    folder = tmp_path / "videos"
    names = sorted(
        # A name that starts with a dot is hidden.
        name if not name.startswith(".") else f"x{name}"
        for name in _HOSTILE
    )
    for name in names:
        video_files.write_clip(folder / "train" / f"{name}.mp4")
    video_files.write_clip(folder / "val" / "v.mp4")
    labels = tmp_path / "labels.json"
    entry = {"../x": {"0": [0, 400_000], "1": [400_000, 800_000]}}
    labels.write_text(json.dumps(dict.fromkeys(names, entry)))
    _, splits = prepare_runs.prepare(
        "video_folder/x", tmp_path / "data", videos=folder, labels=labels
    )
    assert sorted(splits["train"]) == names
    for video in splits["train"].values():
        np.testing.assert_array_equal(video.frame_labels, [0] * 4 + [1] * 4)
    output = tmp_path / "out"
    export_dataset.export_videos(
        "video_folder/x", output=output, data_dir=str(tmp_path / "data")
    )
    assert len(list((output / "train").iterdir())) == len(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "data",
        "labels.json",
        "out",
        "videos",
    ]


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "train/../a"])
def test_a_label_key_is_a_name_and_no_path(tmp_path, key):
    folder = video_files.write_folder(tmp_path / "videos")
    video_files.write_clip(tmp_path / "secret.mp4")
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({key: {"x": {"0": [0, 400_000]}}}))
    with pytest.raises(ValueError, match=r"labels\.json: there is no video"):
        prepare_runs.prepare(
            "video_folder/x", tmp_path / "data", videos=folder, labels=labels
        )


def test_a_name_that_is_no_text_is_refused(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    good = folder / "train" / "a.mp4"
    try:
        good.rename(folder / "train" / "bad\udcff.mp4")
    except OSError:
        pytest.skip("this file system refuses such names itself")
    with pytest.raises(ValueError, match=r"not text in UTF-8. Rename"):
        prepare_runs.prepare("video_folder/x", tmp_path / "data", videos=folder)


def test_a_video_of_one_frame_can_be_trained_on(tmp_path):
    folder = tmp_path / "videos"
    video_files.write_clip(folder / "train" / "one.mp4", num_frames=1)
    video_files.write_clip(folder / "train" / "two.mp4", num_frames=2)
    video_files.write_clip(folder / "val" / "v.mp4", num_frames=1)
    prepare_runs.prepare("video_folder/x", tmp_path / "data", videos=folder)
    config = schema.DataConfig(
        data_dir=str(tmp_path / "data"),
        datasets=("video_folder/x",),
        num_steps=3,
        image_size=16,
    )
    (batch,) = input_pipeline.training_batches(
        config, batch_size=2, seed=0
    ).take(1)
    assert sorted(batch["seq_lens"].numpy()) == [1, 2]
    assert np.all(batch["steps"] < batch["seq_lens"][:, None])
    assert np.all(np.isfinite(batch["frames"]))


def test_4k_is_read_and_shrunk(tmp_path):
    folder = tmp_path / "videos"
    frame = np.zeros((2160, 3840, 3), np.uint8)
    frame[:, 1920:] = 200
    (folder / "train").mkdir(parents=True)
    files.write_video(folder / "train" / "4k.mp4", [frame] * 2, fps=30)
    video_files.write_clip(folder / "val" / "v.mp4")
    _, splits = prepare_runs.prepare(
        "video_folder/x", tmp_path / "data", videos=folder, size=108
    )
    (jpeg, _) = splits["train"]["4k"].jpegs
    pixels = video_files.decode(jpeg)
    assert pixels.shape == (108, 192, 3)
    np.testing.assert_allclose(pixels[:, :90], 0, atol=4)
    np.testing.assert_allclose(pixels[:, 102:], 200, atol=4)


@pytest.mark.parametrize(
    ("fps", "kept", "expected"),
    [
        (1, None, np.arange(6)),
        (1, 30.0, np.arange(6)),  # more than there are: all
        (240, None, np.arange(6) / 240),
        (240, 80.0, [0, 3 / 240]),
    ],
)
def test_slow_and_fast_videos_have_their_own_times(
    tmp_path, fps, kept, expected
):
    folder = tmp_path / "videos"
    for split in ("train", "val"):
        video_files.write_clip(folder / split / "v.mp4", num_frames=6, fps=fps)
    arguments = {} if kept is None else {"fps": kept}
    _, splits = prepare_runs.prepare(
        "video_folder/x", tmp_path / "data", videos=folder, **arguments
    )
    video = splits["train"]["v"]
    np.testing.assert_allclose(video.timestamps, expected, atol=1e-6)
    assert video.fps == pytest.approx(min(fps, kept or fps), rel=1e-4)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _write_large(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    _noise(folder / "train" / "big.mp4", shape=(96, 96, 3), count=40, fps=10)
    return folder


def _left(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path, small_disk):
    folder = _write_large(tmp_path)
    with pytest.raises(OSError, match=r"No space left.*Free some.*disk"):
        prepare_runs.prepare("video_folder/x", small_disk, videos=folder)
    assert _left(small_disk) == []
    prepare_runs.prepare("video_folder/x", tmp_path / "data", videos=folder)
    for export in (
        export_dataset.export_videos,
        export_dataset.export_tfrecords,
    ):
        with pytest.raises(OSError, match="No space left"):
            export(
                "video_folder/x",
                output=small_disk / "out",
                data_dir=str(tmp_path / "data"),
            )
        assert _left(small_disk) == []


def test_a_read_only_disk_is_named(tmp_path, small_disk):
    folder = video_files.write_folder(tmp_path / "videos")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OSError, match=rf"Read-only.*{small_disk}"):
        prepare_runs.prepare(
            "video_folder/x", small_disk / "data", videos=folder
        )


def test_a_folder_below_a_file_is_named(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file/data"):
        prepare_runs.prepare(
            "video_folder/x", tmp_path / "file" / "data", videos=folder
        )


def test_other_errors_are_left_alone():
    for error in (RuntimeError("mine"), OSError("mine")):
        with (
            pytest.raises(type(error), match=r"^mine$"),
            write_errors.as_os_error(pathlib.Path("folder")),
        ):
            raise error
