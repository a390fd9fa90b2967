"""Rendered anomalies: alike before they begin, different from then on."""

import io

import numpy as np
import pytest
from PIL import Image

from tcc.datasets.builders.pouring_synthetic import anomalies, rendering, world


@pytest.fixture(scope="module")
def source():
    return rendering.RenderingSource("test", 3, world.EASY, 48, 7)


def _pixels(video):
    return [
        np.asarray(Image.open(io.BytesIO(jpeg)), np.float32)
        for jpeg in video.jpegs
    ]


@pytest.mark.parametrize("kind", anomalies.KINDS)
def test_twins_part_where_the_anomaly_begins(source, kind):
    normal = rendering.make_video(source)
    video, since = anomalies.make_video(source, kind)
    assert video.name == f"{normal.name}_{kind}"
    start = int(since.argmax())
    assert start > 0 and since[start:].all()
    difference = [
        np.abs(a - b).mean()
        for a, b in zip(_pixels(video), _pixels(normal), strict=False)
    ]
    reach = video.frame_labels == 0
    # Missing the cup bends the way there already, after the reach. Light
    # drifts with the length of the video, which a skipped phase shortens.
    alike = 1 if kind == "skipped_pour" else 0
    assert max(np.array(difference)[reach[: len(difference)]]) <= alike
    if kind != "missed_cup":
        assert max(difference[:start]) <= alike
    assert max(difference[start:]) > 2


def test_skipped_pour_has_no_such_phase(source):
    video, since = anomalies.make_video(source, "skipped_pour")
    assert sorted(set(video.frame_labels.tolist())) == [0, 1, 3, 4]
    assert video.frame_labels[since.argmax()] == 3


def test_the_same_every_time(source):
    first, _ = anomalies.make_video(source, "dropped_bottle")
    again, _ = anomalies.make_video(source, "dropped_bottle")
    assert first.jpegs == again.jpegs


def test_unknown_kind(source):
    with pytest.raises(ValueError, match="kind must be one of"):
        anomalies.make_video(source, "spilled")
