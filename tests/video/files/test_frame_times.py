import fractions
import pathlib

import numpy as np
import pytest

from tcc.datasets.labels import annotations
from tcc.video import files
from tests.video import written_videos

_DATA = pathlib.Path(__file__).parents[2] / "data" / "videos"
_B_FRAMES = {"bf": "3", "b-adapt": "0", "g": "10"}
_TENTHS = [100 * index for index in range(20)]


def _read(path):
    findings = files.Findings()
    frames = list(files.read_frames(path, findings=findings))
    return frames, findings


def _times(frames):
    return [frame.timestamp for frame in frames]


def _without_order(packets):
    """Gives packets the times at which they are decoded."""
    start = packets[0].dts
    for packet in packets:
        packet.dts -= start
        packet.pts = packet.dts


@pytest.mark.parametrize("name", ["v.avi", "v.mkv", "v.nut", "v.h264"])
def test_frames_are_in_order_where_the_container_has_no_times(tmp_path, name):
    path = written_videos.encode(
        written_videos.pictures(20),
        times=range(20),
        clock=10,
        path=tmp_path / name,
        options=_B_FRAMES,
        # AVI and raw streams store no times: there is nothing to change.
        change=_without_order if name in ("v.mkv", "v.nut") else None,
    )
    frames, findings = _read(path)
    shown = [written_videos.brightness(f.pixels, 20) for f in frames]
    assert shown == list(range(20))
    np.testing.assert_allclose(_times(frames), np.arange(20) / 10, atol=1e-9)
    assert findings.remarks == []


def test_packed_b_frames_are_read_in_order():
    frames, _ = _read(_DATA / "packed_b_frames.avi")
    # FFmpeg shows 18 of the 20: the first packet holds three.
    np.testing.assert_allclose(_times(frames), np.arange(18) / 10, atol=1e-9)


def test_uneven_times_stay_with_their_frames_behind_b_frames(tmp_path):
    times = [0, 30, 100, 110, 200, 500, 510, 900, 1000, 1010]
    path = written_videos.encode(
        written_videos.pictures(10),
        times=times,
        path=tmp_path / "v.mkv",
        options=_B_FRAMES,
    )
    frames, _ = _read(path)
    assert _times(frames) == [time / 1000 for time in times]
    shown = [written_videos.brightness(f.pixels, 10) for f in frames]
    assert shown == list(range(10))


def test_two_frames_of_one_time_are_kept_and_told(tmp_path):
    def change(packets):
        packets[4].pts = packets[4].dts = packets[3].pts
        for packet in packets[5:]:
            packet.pts = packet.dts = packet.pts - 100

    path = written_videos.encode(
        written_videos.pictures(10),
        times=_TENTHS[:10],
        path=tmp_path / "v.mkv",
        options={"bf": "0"},
        change=change,
    )
    frames, findings = _read(path)
    # The frames at 0.3 s share the time until 0.4 s.
    assert _times(frames) == [0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8]
    shown = [written_videos.brightness(f.pixels, 10) for f in frames]
    assert shown == list(range(10))
    (remark,) = findings.remarks
    assert "the same time as the frame before: 1, first" in remark
    assert "first at 0.300 s" in remark


def test_frames_of_one_time_do_not_drift_into_a_long_gap(tmp_path):
    def change(packets):
        packets[1].pts = packets[1].dts = packets[0].pts
        for index, packet in enumerate(packets[2:]):
            packet.pts = packet.dts = 5000 + 100 * index

    path = written_videos.encode(
        written_videos.pictures(10),
        times=_TENTHS[:10],
        path=tmp_path / "v.mkv",
        options={"bf": "0"},
        change=change,
    )
    frames, _ = _read(path)
    # A frame lasts 0.1 s, by the rate in the header, though the next is at 5 s.
    assert _times(frames)[:3] == pytest.approx([0, 0.1, 5], abs=0.2)
    assert 0 < _times(frames)[1] < 1


def test_a_clock_that_is_coarser_than_the_frames_is_refined(tmp_path):
    # 2000 frames a second in Matroska's milliseconds: each time comes twice.
    path = written_videos.encode(
        written_videos.pictures(40),
        times=range(40),
        clock=2000,
        path=tmp_path / "v.mkv",
        options={"bf": "0"},
    )
    frames, findings = _read(path)
    assert len(frames) == 40
    assert np.all(np.diff(_times(frames)) > 0)
    np.testing.assert_allclose(_times(frames), np.arange(40) / 2000, atol=1e-3)
    assert "the same time as the frame before" in findings.remarks[0]


def test_joined_recordings_follow_each_other(tmp_path):
    part = written_videos.encode(
        written_videos.pictures(20),
        times=_TENTHS,
        path=tmp_path / "part.ts",
        options=_B_FRAMES,
    )
    path = tmp_path / "v.ts"
    path.write_bytes(part.read_bytes() * 2)
    frames, findings = _read(path)
    np.testing.assert_allclose(_times(frames), np.arange(40) / 10, atol=1e-4)
    shown = [written_videos.brightness(f.pixels, 20) for f in frames]
    assert shown == [*range(20), *range(20)]
    assert "clock is set back" in findings.remarks[0]


_STARTS = [fractions.Fraction(1, 15), fractions.Fraction(7, 5), 1, 100, 36_000]
_RATES = [
    fractions.Fraction(24_000, 1001),
    fractions.Fraction(30_000, 1001),
    *map(fractions.Fraction, (10, 25, 30, 60)),
]


@pytest.mark.parametrize("rate", _RATES)
@pytest.mark.parametrize("start", _STARTS)
@pytest.mark.parametrize("name", ["v.mp4", "v.ts"])
def test_a_boundary_on_a_frame_belongs_to_it(tmp_path, name, rate, start):
    clock = 90_000 if name == "v.ts" else rate.numerator * 3
    count = 40
    first = round(start * clock)
    ticks = [first + round(n * clock / rate) for n in range(count)]
    path = written_videos.encode(
        written_videos.pictures(count, width=16, height=16),
        times=ticks,
        clock=clock,
        path=tmp_path / name,
        options={"preset": "ultrafast"},
    )
    frames, _ = _read(path)
    assert len(frames) == count
    times = np.array(_times(frames))
    for index in range(1, count):
        exact = fractions.Fraction(ticks[index] - first, clock)
        # Label files count whole microseconds, rounded or cut off.
        for boundary in {round(exact * 10**6), int(exact * 10**6)}:
            segments = [
                annotations.Segment(0, 0.0, boundary / 1e6),
                annotations.Segment(1, boundary / 1e6, 100.0),
            ]
            labels = annotations.label_timestamps(times, segments)
            assert labels.tolist() == [0] * index + [1] * (count - index)
