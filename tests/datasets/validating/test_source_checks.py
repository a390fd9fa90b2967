import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tcc.datasets.validating import prepared_checks, source_checks
from tests.datasets import prepared_examples, video_files
from tests.io import test_folder_entries


def _check(folder, labels=None, **settings):
    return source_checks.check_folder(
        folder, labels, show_progress=False, **settings
    )


def _write_labels(folder, content):
    path = folder / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_clean_data_have_no_problems():
    report = _check(
        video_files.G1_BOTTLE, video_files.G1_BOTTLE / "labels.json"
    )
    assert (report.problems, report.num_videos, report.num_labelled) == (
        [],
        3,
        3,
    )
    assert report.describe().startswith("3 videos, 3 of them labelled")


def test_all_problems_come_at_once(tmp_path):
    videos = video_files.write_folder(tmp_path / "videos")
    whole = (videos / "train" / "b.mp4").read_bytes()
    (videos / "train" / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (videos / "val" / "empty.mp4").touch()
    (videos / "val" / "c.mov").write_bytes(whole)
    entry = {"x": {"0": [0, 400_000], "1": [400_000, 800_000]}}
    labels = _write_labels(
        tmp_path,
        {
            "a": entry,
            "b": {"x": {"0": [0, 30_000_000]}},  # of 1.2 s
            "ghost": entry,
            "bad": {"x": {"0": [2, 1], "1": "no", "9": [-1, 0]}},
        },
    )
    report = _check(videos, labels, phase_names=["reach", "pour"])
    found = "\n".join(report.problems)
    for part in (
        "c.mp4 have the same name but for the ending. Rename one",
        "cut.mp4 is",
        "empty.mp4 is empty. Copy",
        "labels.json: there is no video 'ghost'",
        "phase 0 must have 0 <= start <= end. Received: [2, 1]",
        "phase 1 must be [start, end] in microseconds",
        "not below 2, the number of names (reach, pour). Received: 9",
        "b.mp4 span 0 to 30 seconds, but it is 1.20 seconds long",
    ):
        assert part in found
    assert len(report.problems) == 6
    remarks = "\n".join(report.remarks)
    assert "has no labels in" in remarks


def test_labels_that_do_not_quite_fit_are_remarked(tmp_path):
    folder = tmp_path / "videos"
    for name in ("short", "long", "skipped", "unlabelled"):
        video_files.write_clip(folder / "train" / f"{name}.mp4")  # 0.8 s
    video_files.write_clip(folder / "val" / "one.mp4", num_frames=1)
    labels = _write_labels(
        tmp_path,
        {
            "short": {"x": {"0": [0, 500_000]}},
            "long": {"x": {"0": [0, 1_000_000]}},
            # Between the frames at 0.3 and 0.4 s.
            "skipped": {
                "x": {
                    "0": [0, 310_000],
                    "1": [310_000, 350_000],
                    "2": [350_000, 800_000],
                }
            },
        },
    )
    report = _check(folder, labels)
    assert report.problems == []
    remarks = {
        part.split("/")[-1].split(".mp4: ")[0]: part.split(".mp4: ")[1]
        for part in report.remarks
        if ".mp4: " in part and "has no labels" not in part
    }
    assert remarks == {
        "short": "its labels end at 0.50 of 0.80 s; the last phase goes on to "
        "the end.",
        "long": "its labels end at 1.00 s, after its end at 0.80 s.",
        "skipped": "phase 1 labels no frame.",
        "one": "it has one frame only, and can be aligned to nothing.",
    }


def test_a_file_that_is_no_label_file_does_not_hide_bad_videos(tmp_path):
    folder = video_files.write_folder(tmp_path)
    (folder / "val" / "z.mp4").write_text("no video")
    labels = tmp_path / "labels.json"
    labels.write_text("{")
    problems = _check(folder, labels).problems
    assert "labels.json is not valid JSON" in problems[0]
    assert "z.mp4 is not a video file" in problems[1]
    problems = _check(folder, tmp_path / "none.json").problems
    assert "There is no label file" in problems[0]
    assert len(problems) == 2


def test_folders_that_cannot_be_checked(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder of videos"):
        _check(tmp_path / "none")
    assert len(_check(tmp_path).problems) == 2  # no train, no val
    for split in ("train", "val"):
        (tmp_path / split / "v").mkdir(parents=True)
        (tmp_path / split / "v" / "0.jpg").write_bytes(b"\xff\xd8 cut off")
    report = _check(tmp_path)
    assert "--source_fps must be given" in report.problems[0]
    report = _check(tmp_path, source_fps=10.0)
    assert len(report.problems) == 2
    assert "0.jpg" in report.problems[0]


def _run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tcc.datasets.validate", *arguments],
        capture_output=True,
        text=True,
    )


def test_the_exit_status_tells(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    done = _run(f"--videos={folder}", "--num_workers=0")
    assert (done.returncode, done.stderr.count("ERROR")) == (0, 0)
    assert "3 videos, 0 of them labelled: 0 problems" in done.stdout
    (folder / "val" / "z.mp4").touch()
    done = _run(f"--videos={folder}", "--num_workers=0")
    assert done.returncode == 1
    assert "problem: " in done.stdout
    done = _run()
    assert done.returncode == 2
    assert "Received: neither" in done.stderr


def test_what_is_no_file_is_one_problem_each(tmp_path):
    folder = video_files.write_folder(tmp_path / "videos")
    odd = test_folder_entries.make_odd_files(folder / "train")
    (folder / "val" / "bad.mp4").write_text("no video")
    (folder / "val" / "pictures").mkdir()
    os.mkfifo(folder / "val" / "pictures" / "1.png")
    labels = tmp_path / "labels.json"
    os.mkfifo(labels)
    done = _run(
        f"--videos={folder}",
        f"--labels={labels}",
        "--source_fps=10",
        "--num_workers=1",
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    problems = [
        line for line in done.stdout.splitlines() if line[:7] == "problem"
    ]
    for name, what in {
        **odd,
        "bad.mp4": "is not",
        "1.png": "is a pipe",
        "labels.json": "is a pipe",
    }.items():
        assert sum(f"{name} {what}" in problem for problem in problems) == 1
    assert len(problems) == len(odd) + 3
    assert "has no labels" in done.stdout  # the good ones were looked at


def test_what_is_left_out_is_remarked(tmp_path):
    folder = video_files.write_folder(tmp_path)
    (folder / "train" / "x.ogg").write_bytes(b"\0")
    report = _check(folder)
    assert report.problems == []
    (remark,) = report.remarks
    assert remark.startswith(f"{folder / 'train' / 'x.ogg'}: left out: ")


def test_a_prepared_set_that_is_whole(tmp_path):
    video = prepared_examples.make_video("a", [0, 1, -1])
    prepared_examples.write(tmp_path, {"train": [video]})
    report = prepared_checks.check("small", str(tmp_path), show_progress=False)
    assert report.problems == []
    assert (report.num_videos, report.num_labelled) == (1, 1)


def test_every_damage_of_a_prepared_set_is_found(tmp_path):
    good = prepared_examples.make_video("good", [0, 1, 2])
    bad = prepared_examples.make_video("bad", [0, 3, 1])  # 3 names
    bad.jpegs[0] = bad.jpegs[0][:50]
    bad.jpegs[2] = b"not a picture"
    folder = prepared_examples.write(
        tmp_path,
        {
            "train": [good, bad, good],
            "val": [good, prepared_examples.make_video("cut", [0] * 9)],
        },
    )
    (path,) = folder.glob("*val.tfrecord*")
    content = bytearray(path.read_bytes())
    content[-100] ^= 255  # in the data of the last record
    path.write_bytes(content)
    found = prepared_checks.check(
        "small", str(tmp_path), show_progress=False
    ).problems
    assert len(found) == 5
    start = "small, split 'train', video 1 ('bad'): "
    assert found[0].startswith(start + "frame_labels must be -1")
    assert "below 3; prepare it again. Received: 3 at frame 1" in found[0]
    assert found[1].startswith(start + "frame 0 cannot be decoded (")
    assert found[2].startswith(start + "frame 2 cannot be decoded (")
    assert found[3] == "small, split 'train', video 2: there are two 'good'."
    assert found[4].startswith("small, split 'val', video 1 is damaged")


def test_times_that_run_back_are_found():
    fields = {
        "frame_labels": tf.constant([-1, -1], tf.int64),
        "timestamps": tf.constant([0.5, 0.25], tf.float64),
        "video": tf.constant(prepared_examples.make_video("v", [0, 0]).jpegs),
    }
    (problem,) = prepared_checks.find_problems(fields, 0)
    assert "Received: 0.25 after 0.5 s at frame 1" in problem
    assert np.all(fields["frame_labels"] < 0)
