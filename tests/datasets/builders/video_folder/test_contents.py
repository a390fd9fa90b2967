import io
import pathlib

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.builders.video_folder import contents, decoding, endings
from tests.datasets import containers


def _write(folder, *names, content=b"\0"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _names(paths):
    return [path.name for path in paths]


def _remarks(found):
    return {pathlib.Path(path).name: why for path, why in found.remarks.items()}


def test_every_ending_beside_the_usual_ones_is_tried():
    assert sorted(containers.WRITTEN) == sorted(endings.OTHER_ENDINGS)


@pytest.mark.parametrize("ending", endings.OTHER_ENDINGS)
def test_the_containers_that_people_have_are_read(tmp_path, ending):
    path = tmp_path / f"clip{ending}"
    containers.write(path)
    found = contents.look(tmp_path)
    assert (found.files, found.remarks) == ([path], {})
    video = decoding.make_video(
        decoding.FileSource(path, "clip", "", (), fps=None, shorter_side=16)
    )
    assert len(video.jpegs) == containers.NUM_FRAMES
    with Image.open(io.BytesIO(video.jpegs[-1])) as picture:
        # The last of 10 frames is grey, 20 + 200 * 9 / 10 = 200.
        assert abs(np.asarray(picture).mean() - 200) < 5


def test_what_may_be_a_video_is_left_out_by_name(tmp_path):
    _write(tmp_path, "a.mp4", "b.ogg", "c.RMVB", "d.lrv")
    _write(
        tmp_path, "labels.csv", "notes.txt", "README", "go.mod", content=b"x"
    )
    found = contents.look(tmp_path)
    assert _names(found.files) == ["a.mp4"]
    remarks = _remarks(found)
    assert list(remarks) == ["b.ogg", "c.RMVB", "d.lrv"]
    assert "convert it: ffmpeg -i" in remarks["c.RMVB"]


def test_type_script_is_no_video(tmp_path):
    _write(
        tmp_path, "a.ts", "b.mts", content=b"export const x = 1; // \xc3\xa9"
    )
    _write(tmp_path, "c.ts", content=b"G" + b"\0" * 187)
    # The sample ends within a letter of two bytes.
    _write(tmp_path, "long.ts", content=b"x" * 4095 + b"\xc3\xa9")
    found = contents.look(tmp_path)
    assert _names(found.files) == ["c.ts"]
    assert _remarks(found) == dict.fromkeys(
        ("a.ts", "b.mts", "long.ts"), "left out: it is text"
    )


def test_a_still_gif_is_a_picture(tmp_path):
    containers.write(tmp_path / "moves.gif")
    Image.new("RGB", (8, 8)).save(tmp_path / "still.gif")
    found = contents.look(tmp_path)
    assert _names(found.files) == ["moves.gif"]
    assert _remarks(found) == {"still.gif": "left out: it is a still picture"}


def test_a_preview_beside_its_video_is_left_out(tmp_path):
    containers.write(tmp_path / "a.gif")
    _write(tmp_path, "a.mp4", "a.mts", "b.wmv", "b.flv", "c.mp4", "c.mov")
    found = contents.look(tmp_path)
    # Two usual endings are left for the caller to refuse.
    assert _names(found.files) == ["a.mp4", "b.flv", "c.mov", "c.mp4"]
    assert {
        name: why.split(" has")[0] for name, why in _remarks(found).items()
    } == {
        "a.gif": "left out: a.mp4",
        "a.mts": "left out: a.mp4",
        "b.wmv": "left out: b.flv",
    }


def test_folders_of_clips_and_pictures_are_explained(tmp_path):
    _write(tmp_path, "top.mp4", "cover.jpg")
    _write(tmp_path, "frames/1.png", "frames/2.png", "frames/preview.gif")
    _write(tmp_path, "more/1.png", "more/2.png", "more/all.mp4")
    _write(tmp_path, "thumbs/clip.mp4", "thumbs/thumb.jpg")
    _write(tmp_path, "clips/x.mp4", "clips/y.mp4")
    _write(tmp_path, "scans/1.webp")
    _write(tmp_path, "hidden/._1.jpg", "hidden/.2.mp4", "empty/notes.txt")
    _write(tmp_path, "real.mp4/1.png", "false.mp4/x.txt")
    found = contents.look(tmp_path)
    assert _names(found.files) == ["false.mp4", "top.mp4"]
    assert _names(found.picture_folders) == ["frames", "more", "real.mp4"]
    remarks = _remarks(found)
    assert "1 picture (cover.jpg) right in this" in remarks.pop(tmp_path.name)
    assert "one video of 2 pictures" in remarks["more"]
    assert "1 video (all.mp4) in it left out" in remarks["more"]
    assert "(clip.mp4) in this folder left out, beside" in remarks["thumbs"]
    assert "2 videos (x.mp4, y.mp4)" in remarks["clips"]
    assert "1 picture (1.webp)" in remarks["scans"]
    assert len(remarks) == 4
