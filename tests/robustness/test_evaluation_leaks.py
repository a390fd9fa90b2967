"""Continuous evaluation takes no more after many checkpoints than after few."""

import pytest

from benchmarks import evaluation_leaks


@pytest.mark.slow
def test_evaluation_does_not_grow(tmp_path):
    found = evaluation_leaks.measure(tmp_path, 15)
    assert len(found) == 15
    memory, descriptors, threads, objects = evaluation_leaks.slopes(found[5:])
    assert memory < 1  # MB
    assert descriptors == threads == 0
    assert objects < 10


def test_growth_is_told():
    found = [[100.0 + 2 * i, 8, 12, 50.0] for i in range(9)]
    found[4][1] = 9  # a file that is open for a moment
    growth = evaluation_leaks.slopes(evaluation_leaks.np.array(found))
    assert growth.tolist() == [2, 0, 0, 0]
