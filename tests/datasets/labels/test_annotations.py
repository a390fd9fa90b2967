import json

import numpy as np
import pytest

from tcc.datasets.labels import annotations
from tests import golden_values

_MICROSECOND = 1e-6
_VIDEOS = ("v_plain", "v_unordered", "v_overlap", "v_nested")


def _golden_segments(video):
    content = json.loads(str(golden_values.load("annot")["json"]))[video]
    return annotations.merge_annotators(
        {
            annotator: {
                int(phase): (start * _MICROSECOND, end * _MICROSECOND)
                for phase, (start, end) in phases.items()
            }
            for annotator, phases in content.items()
        }
    )


@pytest.mark.parametrize("video", _VIDEOS)
def test_merging_equals_the_original(video):
    segments = _golden_segments(video)
    by_phase = sorted(segments, key=lambda segment: segment.phase)
    np.testing.assert_allclose(
        [(segment.start, segment.end) for segment in by_phase],
        golden_values.load(f"annot/{video}")["merged"],
        rtol=1e-12,
    )


@pytest.mark.parametrize("video", _VIDEOS)
def test_labels_equal_the_original(video):
    timestamps = golden_values.load("annot")["timestamps"]
    labels = annotations.label_timestamps(timestamps, _golden_segments(video))
    expected = golden_values.load(f"annot/{video}")["labels"]
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, expected)


def test_annotators_are_averaged_and_neighbours_meet_in_the_middle():
    # Phase 0: (0 + 1) / 2 = 0.5 to (2 + 4) / 2 = 3;
    # phase 1: (4 + 5) / 2 = 4.5 to (6 + 8) / 2 = 7.
    # Between them: (3 + 4.5) / 2 = 3.75.
    segments = annotations.merge_annotators(
        {"a": {0: (0, 2), 1: (4, 6)}, "b": {0: (1, 4), 1: (5, 8)}}
    )
    assert segments == [
        annotations.Segment(0, 0.5, 3.75),
        annotations.Segment(1, 3.75, 7.0),
    ]


def test_a_phase_is_averaged_over_those_who_have_it():
    # Phase 1 has one annotator only: its own times stand.
    segments = annotations.merge_annotators(
        {"a": {0: (0, 1), 1: (1, 5)}, "b": {0: (0, 1)}}
    )
    assert segments[1] == annotations.Segment(1, 1.0, 5.0)


def test_an_empty_phase_labels_no_frame():
    segments = annotations.merge_annotators(
        {"a": {0: (0, 1.5), 1: (1.5, 1.5), 2: (1.5, 2.0)}}
    )
    labels = annotations.label_timestamps(np.arange(20) / 10, segments)
    # 0.0 to 1.4 are phase 0, 1.5 to 1.9 phase 2.
    np.testing.assert_array_equal(labels, [0] * 15 + [2] * 5)


def test_start_belongs_to_a_segment_and_end_does_not():
    segments = annotations.merge_annotators({"a": {3: (1, 2), 5: (2, 3)}})
    labels = annotations.label_timestamps(
        np.array([0.0, 1.0, 2.0, 3.0, 9.0]), segments
    )
    np.testing.assert_array_equal(labels, [3, 3, 5, 5, 5])


def test_no_segments_are_refused():
    with pytest.raises(ValueError, match=r"at least one\. Received: none"):
        annotations.label_timestamps(np.zeros(3), [])


def test_a_boundary_in_microseconds_is_on_the_frame_that_it_means():
    # Frames at 33333.3 and 66666.7 us; the second boundary is rounded up.
    times = np.arange(4) / 30
    for boundary in (0.066666, 0.066667):
        segments = [
            annotations.Segment(0, 0.0, 0.033333),
            annotations.Segment(1, 0.033333, boundary),
            annotations.Segment(2, boundary, 1.0),
        ]
        labels = annotations.label_timestamps(times, segments)
        np.testing.assert_array_equal(labels, [0, 1, 2, 2])
    # Ten microseconds behind a frame is behind it.
    later = [annotations.Segment(0, 0.0, 0.033343)]
    later.append(annotations.Segment(1, 0.033343, 1.0))
    labels = annotations.label_timestamps(times, later)
    np.testing.assert_array_equal(labels, [0, 0, 1, 1])
