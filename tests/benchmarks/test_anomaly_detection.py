"""The anomalies that the benchmark makes are where it says they are."""

import numpy as np
import pytest

from benchmarks import anomaly_detection
from tests.applications.examples import make_clips


@pytest.fixture(scope="module")
def spoilt():
    (video,) = make_clips([np.eye(10)], size=32).videos
    made = anomaly_detection._spoilt([video])
    return video, {kind: one for kind, (one,) in made.items()}


def test_frames_before_the_anomaly_are_as_they_were(spoilt):
    video, made = spoilt
    assert set(made) == {
        "normal",
        "frozen",
        "covered",
        "halves swapped",
        "reversed",
    }
    for kind, (changed, truth) in made.items():
        assert len(changed.jpegs) == len(truth) == 10
        for before, after, is_anomalous in zip(
            video.jpegs, changed.jpegs, truth, strict=True
        ):
            assert is_anomalous or before == after
        assert truth.any() == (kind != "normal")


def test_what_happens(spoilt):
    video, made = spoilt
    assert made["normal"][0].jpegs == video.jpegs
    assert made["reversed"][0].jpegs == video.jpegs[::-1]
    assert made["halves swapped"][0].jpegs == video.jpegs[5:] + video.jpegs[:5]
    assert made["frozen"][0].jpegs == video.jpegs[:5] + [video.jpegs[5]] * 5
    assert made["covered"][0].jpegs[5] != video.jpegs[5]
