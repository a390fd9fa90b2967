import numpy as np

from tcc.datasets.labels import annotations, phase_segments


def _find(labels, times=None, names=()):
    labels = np.array(labels)
    times = np.arange(len(labels)) / 10 if times is None else np.array(times)
    return phase_segments.find(labels, times, fps=10.0, phase_names=names)


def test_boundaries_lie_midway_and_the_last_frame_lasts():
    found = _find([0, 0, 1, 1], times=[0.0, 0.1, 0.4, 0.5])
    # (0.1 + 0.4) / 2 = 0.25; 0.5 + 1 / 10 = 0.6.
    assert found.segments == [
        annotations.Segment(0, 0.0, 0.25),
        annotations.Segment(1, 0.25, 0.6),
    ]
    assert found.remarks == []


def test_the_labels_come_back():
    rng = np.random.default_rng(0)
    for _ in range(50):
        phases = rng.permutation(5)[: rng.integers(1, 6)]
        labels = np.repeat(phases, rng.integers(1, 5, len(phases)))
        times = np.cumsum(rng.uniform(0.01, 0.2, len(labels)))
        times -= times[0]
        found = _find(labels, times)
        merged = annotations.merge_annotators(
            {"a": {s.phase: (s.start, s.end) for s in found.segments}}
        )
        # As a file may round them: to the nearest 1 / 90000 s.
        read = np.rint(times * 90_000) / 90_000
        np.testing.assert_array_equal(
            annotations.label_timestamps(read, merged), labels
        )


def test_what_a_label_file_cannot_say_is_remarked():
    found = _find([0, 1, 1, 0, -1, 0], names=["rest", "pour"])
    assert [s.phase for s in found.segments] == [0, 1, 0, 0]
    assert found.remarks[0].startswith("phase 0 (rest) comes 3 times")
    assert found.remarks[1].startswith("1 of 6 frames have no phase")
    longest = phase_segments.keep_longest(found.segments)
    # The last frame lasts 0.05 + 0.1 s, longer than the others of phase 0.
    assert [(s.phase, round(s.start, 3)) for s in longest] == [
        (1, 0.05),
        (0, 0.45),
    ]


def test_an_unlabelled_video_has_no_segments_and_no_remarks():
    assert _find([-1, -1]) == phase_segments.LabelledRuns([], [])
