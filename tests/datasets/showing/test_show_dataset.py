import csv

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.showing import contact_sheet, show_dataset
from tests.datasets import prepared_examples


def test_pictures_and_tables_of_a_set(tmp_path):
    folder = prepared_examples.write(
        tmp_path / "data",
        {
            "train": [
                prepared_examples.make_video("a", [0, 0, 1, 1, 2, 2]),
                prepared_examples.make_video("../b\n", [-1] * 5),
                prepared_examples.make_video("c", [0, 2]),
            ],
            "val": [prepared_examples.make_video("one frame", [1])],
        },
    )
    output = tmp_path / "shown"
    shown = show_dataset.show(folder, output, videos_per_split=2)
    pictures = sorted(
        str(path.relative_to(output)) for path in output.rglob("*.png")
    )
    assert pictures[:3] == [
        "contact_sheet.png",
        "timelines_train_1.png",
        "timelines_val_1.png",
    ]
    assert len(pictures) == 6
    assert "videos/train/a.png" in pictures
    assert "videos/val/one frame.png" in pictures
    assert shown.num_pictures == 3
    assert "train/c: missing 1 (pour)" in shown.text
    with (output / "statistics.csv").open(newline="") as file:
        names = [row[1] for row in csv.reader(file)]
    assert names == ["name", "a", "../b\n", "c", "one frame"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "shown"]

    # The bar below six thumbnails of 128 pixels: two frames of each phase.
    strip = np.asarray(Image.open(output / "videos" / "train" / "a.png"))
    bar = strip[14 + 96 + 4]
    colours = contact_sheet.phase_colours(3)
    for phase in range(3):
        assert tuple(bar[256 * phase + 64]) == colours[phase]


def test_a_set_without_labels_has_no_timelines(tmp_path):
    video = prepared_examples.make_video("v", [-1, -1])
    folder = prepared_examples.write(tmp_path / "data", {"train": [video]})
    show_dataset.show(folder, tmp_path / "out", videos_per_split=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "contact_sheet.png",
        "statistics.csv",
        "videos",
    ]


def test_a_frame_that_cannot_be_decoded_is_named(tmp_path):
    video = prepared_examples.make_video("bad one", [0, 0, 1])
    video.jpegs[1] = b"not a picture"
    folder = prepared_examples.write(tmp_path / "data", {"train": [video]})
    with pytest.raises(ValueError, match="frame 1 of video 'bad one'"):
        show_dataset.show(folder, tmp_path / "out", videos_per_split=1)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
