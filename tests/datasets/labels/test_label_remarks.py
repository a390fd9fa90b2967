import json

import pytest

from tcc.datasets.labels import label_remarks
from tests import golden_values


def _golden(video):
    content = json.loads(str(golden_values.load("annot")["json"]))[video]
    return {
        annotator: {
            int(phase): (start * 1e-6, end * 1e-6)
            for phase, (start, end) in phases.items()
        }
        for annotator, phases in content.items()
    }


@pytest.mark.parametrize(
    ("video", "expected"),
    [
        # Means: 0.05 to 0.95, 1.1 to 2.1, 2.05 to 3.2.
        (
            "v_plain",
            [
                "a gap of 0.15 s between phase 0 (a) and phase 1 (b); they "
                "meet in its middle, at 1.02 s",
                "an overlap of 0.05 s between phase 1 (b) and phase 2 (c); "
                "they meet in its middle, at 2.07 s",
            ],
        ),
        # 1 ends at 0.9 and 2 starts at 1.0; 2 ends at 1.9, 0 starts at 2.0.
        (
            "v_unordered",
            [
                "a gap of 0.10 s between phase 1 (b) and phase 2 (c); they "
                "meet in its middle, at 0.95 s",
                "a gap of 0.10 s between phase 2 (c) and phase 0 (a); they "
                "meet in its middle, at 1.95 s",
            ],
        ),
        # 0 from 0 to 3 holds 1 from 0.5 to 1, and 2 from 2 to 2.5.
        (
            "v_nested",
            [
                "an overlap of 2.50 s between phase 0 (a) and phase 1 (b); "
                "they meet in its middle, at 1.75 s",
                "a gap of 1.00 s between phase 1 (b) and phase 2 (c); they "
                "meet in its middle, at 1.50 s",
                "phase 1 (b) lies inside another and labels no frame",
            ],
        ),
    ],
)
def test_where_the_original_is_silent(video, expected):
    remarks = label_remarks.of_annotators(
        _golden(video), phase_names=["a", "b", "c"]
    )
    assert remarks == expected


def test_annotators_who_differ_are_told():
    marked = {
        "x": {0: (0.0, 1.0), 1: (1.0, 2.0)},
        "y": {0: (0.0, 1.0), 1: (1.0, 3.0)},
        "z": {0: (0.0, 1.0)},
    }
    # Phase 1 lasts 1.5 s in the mean; its ends are 1 s apart.
    assert label_remarks.of_annotators(marked) == [
        "phase 1 is marked by 2 of 3 annotators; it is averaged over those",
        "annotators differ by 1.00 s about the end of phase 1; the mean is "
        "taken",
    ]


def test_clean_annotations_are_not_remarked():
    marked = {"x": {0: (0.0, 1.0), 1: (1.0, 1.0), 2: (1.03, 2.0)}}
    assert label_remarks.of_annotators(marked) == []


def test_frames_have_their_own_tolerance():
    marked = {"x": {0: (0.0, 9.0), 1: (10.0, 15.0), 2: (20.0, 30.0)}}
    (remark,) = label_remarks.of_annotators(marked, unit="frames")
    assert remark.startswith("a gap of 5.00 frames between phase 1 and phase 2")
