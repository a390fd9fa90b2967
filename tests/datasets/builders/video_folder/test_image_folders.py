import io

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.preparing import image_frames
from tcc.datasets.validating import source_checks
from tests.datasets import prepare_runs, published_files, video_files


def _write(folder, count=6, ending="jpg", **settings):
    folder.mkdir(parents=True)
    for index in range(count):
        # Numbers without leading zeros: 10 comes after 9.
        (folder / f"frame {index}.{ending}").write_bytes(
            published_files.picture(index, **settings)
        )
    return folder


def _prepare(tmp_path, **more):
    return prepare_runs.prepare(
        "video_folder/mine",
        tmp_path / "data",
        videos=tmp_path / "videos",
        **more,
    )


def test_folders_of_frames_beside_video_files(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    _write(videos / "train" / "pictures.v2", 12)
    _write(videos / "val" / "png", format="PNG", ending="png")
    (videos / "train" / "empty").mkdir()
    labels = tmp_path / "labels.csv"
    labels.write_text("video,start,end,phase\npictures.v2,0,5,0\npng,0,1,1\n")
    _, found = _prepare(
        tmp_path, source_fps=10.0, labels=labels, label_unit="frames"
    )
    assert sorted(found["train"]) == ["a", "b", "pictures.v2"]
    video = found["train"]["pictures.v2"]
    assert video.jpegs == [published_files.picture(i) for i in range(12)]
    np.testing.assert_allclose(video.timestamps, np.arange(12) / 10)
    assert video.frame_labels.tolist() == [0] * 12
    greys = [
        np.asarray(Image.open(io.BytesIO(j))).mean()
        for j in found["val"]["png"].jpegs
    ]
    np.testing.assert_allclose(greys, 10 * np.arange(6), atol=1)


def test_tables_of_frames_label_what_is_kept_of_a_video(tmp_path):
    video_files.write_folder(tmp_path / "videos")
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "video,start,end,phase,unit\nb,0,5,reach,frames\nb,5,12,pour,frames\n"
    )
    _, found = _prepare(
        tmp_path, labels=labels, fps=5.0, label_names=["reach", "pour"]
    )
    # Of 12 frames at 10 fps 0, 2, 4, 6, 8, 10 are kept; 5 is the border.
    assert found["train"]["b"].frame_labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_pictures_turned_by_their_camera_are_upright(tmp_path):
    folder = tmp_path / "videos"
    _write(folder / "train" / "a", 1)
    turned = _write(folder / "val" / "b", 1) / "frame 0.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.open(turned).save(turned, exif=exif)
    _, found = _prepare(tmp_path, source_fps=10.0)
    (jpeg,) = found["val"]["b"].jpegs
    assert Image.open(io.BytesIO(jpeg)).size == (16, 24)


def test_pictures_of_several_sizes_become_one(tmp_path):
    folder = tmp_path / "videos"
    _write(folder / "train" / "a")
    other = _write(folder / "val" / "b") / "frame 3.jpg"
    other.write_bytes(published_files.picture(3, size=(16, 16)))
    builder, found = _prepare(tmp_path, source_fps=10.0)
    kept = [
        np.asarray(Image.open(io.BytesIO(jpeg)))
        for jpeg in found["val"]["b"].jpegs
    ]
    assert [pixels.shape for pixels in kept] == [(16, 24, 3)] * 6
    np.testing.assert_allclose(
        [pixels.mean() for pixels in kept], 10 * np.arange(6), atol=1
    )
    notes = builder.info.metadata["notes"]
    assert list(notes) == ["val: b"]
    assert "frame 3.jpg, from 24 x 16 to 16 x 16 pixels" in notes["val: b"]
    report = source_checks.check_folder(
        folder, None, source_fps=10.0, show_progress=False
    )
    assert report.problems == []
    (remark,) = report.remarks
    assert "b: its frames change size, first at" in remark


def test_wide_grey_pictures_are_not_white(tmp_path):
    folder = tmp_path / "videos"
    for name in ("train/a", "val/b"):
        (folder / name).mkdir(parents=True)
        for index in range(3):
            # 257 x 60 of 65535 is 60 of 255.
            Image.fromarray(
                np.full((16, 24), 257 * (60 + 50 * index), np.uint16)
            ).save(folder / name / f"{index}.png")
    _, found = _prepare(tmp_path, source_fps=10.0)
    levels = [
        np.asarray(Image.open(io.BytesIO(jpeg))).mean()
        for jpeg in found["train"]["a"].jpegs
    ]
    np.testing.assert_allclose(levels, [60, 110, 160], atol=1)


def test_bad_folders_are_named(tmp_path):
    folder = tmp_path / "videos"
    _write(folder / "train" / "a")
    bad = _write(folder / "val" / "b") / "frame 3.jpg"
    with pytest.raises(ValueError, match=r"--source_fps must be given .*a: "):
        _prepare(tmp_path)
    whole = bad.read_bytes()
    for content, message in (
        (whole[:-80], r"frame 3.jpg is damaged or no picture"),
        (b"", r"frame 3.jpg is damaged or no picture"),
    ):
        bad.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            _prepare(tmp_path, source_fps=10.0)
    assert list((tmp_path / "data").iterdir()) == []


def test_numbers_in_names_count_as_numbers(tmp_path):
    names = ["10.jpg", "9.jpg", "a2.PNG", "a10.jpeg", ".9.jpg", "x.txt"]
    for name in names:
        (tmp_path / name).touch()
    found = [path.name for path in image_frames.find(tmp_path)]
    assert found == ["9.jpg", "10.jpg", "a2.PNG", "a10.jpeg"]
