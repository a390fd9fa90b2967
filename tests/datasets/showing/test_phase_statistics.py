import csv

import numpy as np

from tcc.datasets.showing import phase_statistics, statistics_table

_NAMES = ["reach", "pour", "rest"]


def _describe(name, labels, num_phases=3):
    return phase_statistics.describe_video(
        "train",
        name,
        np.array(labels),
        np.arange(len(labels)) / 10,
        fps=10.0,
        num_phases=num_phases,
    )


def test_a_video_is_counted():
    video = _describe("v", [0, 0, 2, 2, 0, -1])
    assert (video.num_frames, video.is_labelled) == (6, True)
    np.testing.assert_allclose(video.seconds, 0.6)
    # Frames last 0.1 s, the first and the last half as long before and after
    # a boundary: 0.15 + 0.1 of phase 0, 0.2 of phase 2.
    np.testing.assert_allclose(video.phase_seconds, [0.25, 0.0, 0.2])
    np.testing.assert_allclose(video.starts, [0.0, np.nan, 0.25])
    assert video.runs == (0, 2, 0)
    assert video.missing == [1]


def test_an_unlabelled_video_misses_nothing():
    video = _describe("v", [-1, -1])
    assert (video.is_labelled, video.missing) == (False, [])


def test_the_usual_order_is_that_of_most_videos():
    videos = [
        _describe("a", [2, 0, 1]),
        _describe("b", [2, 0, 1]),
        _describe("c", [0, 1, 2]),
    ]
    order = phase_statistics.usual_order(videos)
    # Median starts: 2 at 0, 0 at a sixth, 1 at a half or later.
    assert order == [2, 0, 1]
    assert phase_statistics.order_violations(videos[0], order) == []
    assert phase_statistics.order_violations(videos[2], order) == [(1, 2)]


def test_phases_beyond_the_names_are_counted():
    video = _describe("v", [5, 5], num_phases=2)
    assert len(video.phase_seconds) == 6
    assert phase_statistics.usual_order([video]) == [5]


def test_the_tables_tell_what_is_irregular(tmp_path):
    videos = [_describe(f"v{number}", [0, 0, 1, 1]) for number in range(4)]
    videos += [_describe("short", [0, 0]), _describe("back", [1, 0, 1])]
    text = statistics_table.format_tables(videos, _NAMES)
    lines = [line.split() for line in text.splitlines()]
    assert ["train", "6", "0.2", "0.4", "0.4", "21", "10.0"] in lines
    # Phase 1 is in all but "short"; 2 in none.
    row = next(line for line in lines if line[:2] == ["1", "(pour)"])
    assert row[2:4] == ["5", "1"]
    row = next(line for line in lines if line[:2] == ["2", "(rest)"])
    assert row[2:] == ["0", "6", "-", "-", "-", "0.0%"]
    assert "differ from the usual order: 2" in text
    assert "train/short: missing 1 (pour)" in text
    assert "train/back: out of order: 0 (reach) after 1 (pour)" in text

    statistics_table.write_csv(tmp_path / "s.csv", videos, _NAMES)
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[4]["seconds of 0 (reach)"] == "0.200"
    assert rows[4]["irregular"] == "missing 1 (pour)"
    assert rows[0]["irregular"] == ""


def test_many_irregular_videos_are_counted():
    videos = [_describe("v", [0, 1])] * 30 + [_describe("w", [0])] * 25
    text = statistics_table.format_tables(videos, _NAMES)
    assert "differ from the usual order: 25" in text
    assert "... and 5 more, in the CSV file" in text


def test_a_set_without_labels_has_lengths_only():
    text = statistics_table.format_tables([_describe("v", [-1])], [])
    assert "no video has phases" in text
    assert "usual order" not in text
