import csv
import dataclasses

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import detect_anomalies
from tcc.applications import anomaly, anomaly_files
from tcc.matching import correspondence
from tests.applications.examples import make_clips


def _walk(rng: np.random.Generator, length: int) -> np.ndarray:
    """A quarter circle, walked in `length` steps, a little off its way."""
    angle = np.linspace(0, np.pi / 2, length)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return way + rng.normal(0, 0.01, way.shape)


@pytest.fixture(scope="module")
def detector():
    rng = np.random.default_rng(0)
    walks = [_walk(rng, n) for n in (40, 50, 60, 45, 55, 48)]
    return anomaly.fit(walks)


def test_normal_videos_stay_below_and_a_detour_is_found(detector):
    rng = np.random.default_rng(1)
    normal = anomaly.score(_walk(rng, 52), detector)
    assert normal.scores.shape == (52,)
    assert normal.is_anomalous.mean() < 0.1
    detour = _walk(rng, 60)
    detour[20:30] *= 1.3
    found = anomaly.score(detour, detector)
    assert found.is_anomalous[21:29].all()
    assert found.is_anomalous[:18].mean() < 0.1
    assert found.is_anomalous[32:].mean() < 0.1
    high, low = found.scores, normal.scores
    assert anomaly.video_score(high) > anomaly.video_score(low)


def test_threshold_is_the_quantile_of_the_normal_scores():
    rng = np.random.default_rng(2)
    walks = [_walk(rng, 50) for _ in range(5)]
    settings = anomaly.Settings(quantile=0.8)
    detector = anomaly.fit(walks, settings)
    # Each reference against the others, as the threshold was made.
    flagged = []
    for i in range(5):
        others = dataclasses.replace(
            detector, references=walks[:i] + walks[i + 1 :]
        )
        flagged.append(anomaly.score(walks[i], others).is_anomalous)
    assert np.mean(flagged) == pytest.approx(0.2, abs=0.005)


def test_videos_of_the_training_are_calibrated_with_others():
    """References nearer to each other than new videos are to them."""
    rng = np.random.default_rng(5)
    walks = [_walk(rng, 50) for _ in range(8)]
    new = [_walk(rng, 50) + rng.normal(0, 0.03, (50, 2)) for _ in range(24)]
    alone = anomaly.fit(walks)
    calibrated = anomaly.fit(walks, calibration_embs=new[:12])

    def flagged(detector):
        return np.mean(
            [anomaly.score(w, detector).is_anomalous for w in new[12:]]
        )

    assert flagged(alone) > 0.1
    assert flagged(calibrated) < 0.05  # 0.01 was asked for


def test_area_under_roc():
    scores = [np.array([0.0, 1.0, 3.0]), np.array([0.5, 2.0])]
    truth = [np.array([False, False, True]), np.array([False, True])]
    # Each of the 2 x 3 pairs of an anomalous and a normal frame is in order;
    # both videos are anomalous.
    frames, videos = anomaly.area_under_roc(scores, truth)
    assert frames == 1.0 and np.isnan(videos)
    truth = [np.array([False, True, False]), np.zeros(2, bool)]
    # 1.0 is above 0, 0.5 and below 3, 2: two pairs of four.
    frames, videos = anomaly.area_under_roc(scores, truth)
    assert (frames, videos) == (0.5, 1.0)


def test_frame_that_is_near_but_at_the_wrong_time_is_found(detector):
    rng = np.random.default_rng(3)
    video = _walk(rng, 60)
    video[25:35] = video[0]  # a jump back to the start
    assert anomaly.score(video, detector).is_anomalous[27:33].all()


def test_identical_references_do_not_divide_by_zero():
    walk = _walk(np.random.default_rng(4), 30)
    detector = anomaly.fit([walk] * 3)
    found = anomaly.score(walk, detector)
    assert np.isfinite(found.scores).all()
    assert not found.is_anomalous.any()


def test_mistakes_are_named():
    walks = [np.eye(4)] * 3
    with pytest.raises(ValueError, match="three normal videos"):
        anomaly.fit(walks[:2])
    with pytest.raises(ValueError, match="quantile"):
        anomaly.fit(walks, anomaly.Settings(quantile=1.0))
    with pytest.raises(ValueError, match="neighbors must be 1"):
        anomaly.fit(walks, anomaly.Settings(neighbors=0))


def test_marked_frames_have_a_red_rim():
    clips = make_clips([np.eye(3)])
    found = anomaly.Scores(np.arange(3.0), np.array([False, True, False]))
    frames = list(anomaly_files.marked_frames(clips, 0, found, size=32))
    rims = [frame[2, 2].tolist() for frame in frames]
    assert rims == [[0, 0, 0], [220, 30, 30], [0, 0, 0]]
    picture = anomaly_files.draw({"a": found}, {"a": np.arange(3.0)}, 0.5)
    assert picture.dtype == np.uint8


def test_command(video_files, logdir, tmp_path, capsys):
    pattern = str(video_files[0].parent / "*.mp4")
    with flagsaver.as_parsed(
        logdir=str(logdir),
        videos=pattern,
        reference_videos=pattern,
        output=str(tmp_path),
    ):
        flags.FLAGS.mark_as_parsed()
        detect_anomalies.main([])
    assert "threshold" in capsys.readouterr().out
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 20
    assert {row["anomalous"] for row in rows} <= {"0", "1"}
    assert (tmp_path / "scores.png").is_file()
    assert (tmp_path / "marked" / "clip 1.mp4").is_file()


def test_many_references_are_calibrated_by_a_sample(monkeypatch):
    rng = np.random.default_rng(7)
    walks = [_walk(rng, 20) for _ in range(12)]
    calls = []
    align = correspondence.align

    def counted(*args, **settings):
        calls.append(1)
        return align(*args, **settings)

    monkeypatch.setattr(correspondence, "align", counted)
    whole = anomaly.fit(walks)
    assert len(calls) == 12 * 11
    assert whole.num_calibrated == 12
    calls.clear()
    settings = anomaly.Settings(max_calibration=4)
    some = anomaly.fit(walks, settings)
    assert len(calls) == 4 * 11
    assert some.num_calibrated == 4
    assert len(some.references) == 12
    assert some.threshold == anomaly.fit(walks, settings).threshold
    # The same kind of videos: a threshold of the same size.
    assert some.threshold == pytest.approx(whole.threshold, rel=0.5)
    given = anomaly.fit(walks[:3], settings, calibration_embs=walks[3:])
    assert given.num_calibrated == 4
    with pytest.raises(ValueError, match="max_calibration must be 1 or more"):
        anomaly.fit(walks, anomaly.Settings(max_calibration=0))
