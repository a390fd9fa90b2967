import numpy as np
import pytest

from tcc.video.files import frame_rates


def _nearest_oracle(times, fps):
    """Every beat up to half a step past the end, and its nearest frame."""
    end = times[-1] + (times[-1] - times[-2]) / 2
    beats = np.arange(int(end * fps) + 2) / fps
    beats = beats[beats <= end]
    return sorted({int(np.argmin(np.abs(times - beat))) for beat in beats})


@pytest.mark.parametrize("fps", [1.0, 4.0, 11.3, 29.97, 200.0])
@pytest.mark.parametrize("seed", range(8))
def test_nearest_frames_equal_a_search_over_all(fps, seed):
    # Variable frame rate: from 10 to 110 ms apart.
    rng = np.random.default_rng(seed)
    times = np.concatenate([[0], np.cumsum(rng.uniform(0.01, 0.11, 60))])
    kept = list(
        frame_rates.nearest_frames(zip(times, range(61), strict=True), fps)
    )
    assert [index for _, index in kept] == _nearest_oracle(times, fps)
    assert [time for time, _ in kept] == [times[index] for _, index in kept]


def test_20_of_30_frames_a_second_are_two_thirds():
    # The original's integer stride, 30 // 20 = 1, kept all of them.
    times = [index / 30 for index in range(300)]
    kept = list(frame_rates.nearest_frames(zip(times, times, strict=True), 20))
    assert len(kept) == 200


def test_a_rate_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match=r"fps must be positive. Received: 0"):
        list(frame_rates.nearest_frames([(0.0, 0)], 0))
