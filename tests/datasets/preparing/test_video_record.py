import numpy as np
import pytest

from tcc.datasets.preparing import jpeg, video_record


def _record(**changes):
    fields = {
        "name": "v",
        "jpegs": [b"a", b"b"],
        "timestamps": np.array([0.0, 0.1]),
        "frame_labels": np.array([0, -1]),
        "fps": 10.0,
    }
    return video_record.VideoRecord(**(fields | changes))


def test_a_record_has_no_action_by_default():
    assert _record().label == -1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jpegs": []}, "v: jpegs must have at least one frame"),
        ({"timestamps": np.zeros(3)}, r"timestamps must .*Received: \(3,\)"),
        ({"frame_labels": np.zeros(1, int)}, r"frame_labels .*\(1,\)"),
        ({"timestamps": np.zeros(2)}, "timestamps must increase"),
        ({"timestamps": np.array([0, np.nan])}, "timestamps must increase"),
        ({"frame_labels": np.array([0, -2])}, r"phases from 0.*Received: -2"),
        ({"frame_labels": np.array([0, 10**9])}, r"frame_labels .*most 9999"),
        ({"fps": 0.0}, r"fps must be positive and finite. Received: 0.0"),
        ({"fps": float("nan")}, "fps must be positive and finite"),
    ],
)
def test_fields_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        _record(**changes)


def test_a_video_too_large_for_a_record_is_refused(monkeypatch):
    monkeypatch.setattr(video_record, "_MAX_BYTES", 1)
    with pytest.raises(ValueError, match=r"smaller --size or --fps"):
        _record()


def test_frames_of_several_sizes_are_refused():
    small, large = (
        jpeg.encode(np.zeros((height, 8, 3), np.uint8)) for height in (4, 6)
    )
    _record(jpegs=[small, small])
    with pytest.raises(
        ValueError, match=r"v: jpegs .*8 x 6 at frame 1 after 8 x 4 pixels"
    ):
        _record(jpegs=[small, large])
