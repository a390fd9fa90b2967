import numpy as np
import pytest

from tcc.datasets.builders.pouring_synthetic import timeline, world


@pytest.mark.parametrize("difficulty", [world.EASY, world.HARD])
def test_every_timeline_goes_through_all_phases_in_order(difficulty):
    lengths = []
    for seed in range(200):
        course = timeline.draw_timeline(np.random.default_rng(seed), difficulty)
        lengths.append(len(course.phases))
        assert course.progress.shape == course.phases.shape
        assert np.all(np.diff(course.phases) >= 0)
        assert set(course.phases) == set(range(5))
        assert course.progress.min() >= 0
        assert course.progress.max() < 1
        same = np.diff(course.phases) == 0
        assert np.all(np.diff(course.progress)[same] >= 0)
    low, high = difficulty.frames
    assert min(lengths) >= low
    assert max(lengths) <= high
    assert max(lengths) - min(lengths) > (high - low) / 2


def test_speeds_differ_and_pauses_occur():
    courses = [
        timeline.draw_timeline(np.random.default_rng(seed), world.EASY)
        for seed in range(50)
    ]
    shares = [np.mean(course.phases == 2) for course in courses]
    assert max(shares) > 1.5 * min(shares)
    # A pause: the progress stands still. It starts at 0 in each phase.
    paused = [
        np.any((np.diff(c.progress) == 0) & (np.diff(c.phases) == 0))
        for c in courses
    ]
    assert 10 < sum(paused) < 50
