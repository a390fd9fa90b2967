import json

import numpy as np
import pytest

from tcc.applications import label_transfer
from tcc.datasets.labels import annotations, label_files


def _line(*places):
    return np.array(places, np.float32)[:, None]


def test_nearest_reference_frame_gives_its_label():
    found = label_transfer.transfer(
        [_line(0, 1, 2)],
        [np.array([5, 7, 9])],
        _line(1.9, 0.1, 1.2, 1.4),
        method="nn",
    )
    assert found.labels.tolist() == [9, 5, 7, 7]
    assert found.confidences.tolist() == [1, 1, 1, 1]


def test_majority_of_references():
    # At 0 all three say 0; at 1 they say 1, 1, 2: two of three; at 2 the
    # third has no label, the others disagree: the lower phase, half the votes.
    found = label_transfer.transfer(
        [_line(0, 1, 2)] * 3,
        [np.array([0, 1, 1]), np.array([0, 1, 3]), np.array([0, 2, -1])],
        _line(0, 1, 2),
        method="nn",
    )
    assert found.labels.tolist() == [0, 1, 1]
    np.testing.assert_allclose(found.confidences, [1, 2 / 3, 1 / 2])


def test_frames_without_votes_stay_unlabelled():
    found = label_transfer.transfer(
        [_line(0, 1)], [np.array([-1, 0])], _line(0, 1), method="nn"
    )
    assert found.labels.tolist() == [-1, 0]
    assert found.confidences.tolist() == [0, 1]


def test_dtw_keeps_the_order_of_phases():
    # The third frame looks like phase 0 again; warping does not run back.
    reference, labels = _line(0, 1, 2, 3), np.array([0, 0, 1, 1])
    video = _line(0, 2, 0.9, 3)
    near = label_transfer.transfer([reference], [labels], video, method="nn")
    warped = label_transfer.transfer([reference], [labels], video)
    assert near.labels.tolist() == [0, 1, 0, 1]
    assert (np.diff(warped.labels) >= 0).all()


def test_bad_references_are_refused():
    with pytest.raises(ValueError, match="one array or more"):
        label_transfer.transfer([], [], _line(0))
    with pytest.raises(ValueError, match="must hold a phase"):
        label_transfer.transfer([_line(0)], [np.array([-1])], _line(0))


def test_accuracy_counts_labelled_frames_only():
    found = np.array([0, 1, 1, 2])
    assert label_transfer.accuracy(found, np.array([0, 1, 0, -1])) == 2 / 3
    assert np.isnan(label_transfer.accuracy(found, np.full(4, -1)))


def test_segments_by_hand():
    labels = np.array([0, 0, -1, 1, 0])
    assert label_transfer.find_segments(labels, np.arange(5) / 2) == [
        (0, 0.0, 1.0),
        (1, 1.5, 2.0),
        (0, 2.0, 2.5),
    ]


def test_written_labels_are_read_back(tmp_path):
    labels = np.repeat([0, 1, 3], [4, 6, 2])
    times = np.arange(12) / 10
    found = {
        "a": (label_transfer.Transferred(labels, np.ones(12)), times),
        "none": (
            label_transfer.Transferred(np.full(12, -1), np.zeros(12)),
            times,
        ),
    }
    path = tmp_path / "labels.json"
    label_transfer.write_json(path, found)
    assert list(json.loads(path.read_text())) == ["a"]
    segments = label_files.read_json(path).segments["a"]
    read = annotations.label_timestamps(times, segments)
    np.testing.assert_array_equal(read, labels)
    label_transfer.write_csv(tmp_path / "l.csv", found, ["idle", "reach"])
    lines = (tmp_path / "l.csv").read_text().splitlines()
    assert len(lines) == 1 + 24
    assert lines[5] == "a,0.4000,1,reach,1.000"
    assert lines[11] == "a,1.0000,3,,1.000"


@pytest.mark.parametrize(
    ("embs", "labels", "message"),
    [
        ([_line(0, 1, 2)], [np.arange(4)], "3 frames"),  # labels too many
        ([_line(0, 1, 2)], [np.arange(2)], "3 frames"),  # and too few
        ([_line()], [np.arange(0)], "one or more"),
        ([_line(0, 1)], [np.array([0.0, 1.0])], "integers"),
        ([_line(0, 1)], [np.array([0, 10**9])], "1000000000|phases are from"),
        ([_line(0, 1)], [np.array([-1, -1])], "must hold a phase"),
        ([], [], "one array or more"),
    ],
)
def test_labels_must_belong_to_their_references(embs, labels, message):
    with pytest.raises(ValueError, match=message):
        label_transfer.transfer(embs, labels, _line(0, 1))


def test_counts_of_labels_and_times_must_agree():
    with pytest.raises(ValueError, match="labels and times"):
        label_transfer.find_segments(np.arange(3), np.arange(2.0))
    with pytest.raises(ValueError, match="labels and true_labels"):
        label_transfer.accuracy(np.arange(3), np.arange(2))
