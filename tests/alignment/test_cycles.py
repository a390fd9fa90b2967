import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf

from tcc.alignment import cycles as draws
from tcc.alignment import stochastic
from tests import golden_values
from tests.alignment import running

SEED = (5, 7)


@pytest.mark.parametrize(
    ("batch_size", "length", "critical"),
    # Chi-square, 99.9 %: 1, 5, 11, 23 degrees of freedom.
    [(2, 2, 10.83), (3, 2, 20.52), (4, 2, 31.26), (4, 3, 49.73)],
)
def test_every_ordered_choice_of_videos_is_equally_likely(
    batch_size, length, critical
):
    choices = list(itertools.permutations(range(batch_size), length))
    num_cycles = 500 * len(choices)
    cycles = stochastic.gen_cycles(
        num_cycles, batch_size, length, seed=SEED
    ).numpy()
    np.testing.assert_array_equal(cycles[:, 0], cycles[:, -1])
    counts = collections.Counter(map(tuple, cycles[:, :-1].tolist()))
    # Nothing but choices of different videos, and each about 500 times.
    assert set(counts) == set(choices)
    chi_square = sum((counts[c] - 500) ** 2 / 500 for c in choices)
    assert chi_square < critical


def test_cycles_are_independent_of_each_other():
    # Successive cycles 0 -> 1 and 1 -> 0 in all four combinations: 500 each
    # of 2000 pairs; chi-square with 3 degrees of freedom, 99.9 %.
    firsts = stochastic.gen_cycles(4000, 2, seed=SEED).numpy()[:, 0]
    counts = np.bincount(2 * firsts[::2] + firsts[1::2], minlength=4)
    assert np.sum((counts - 500) ** 2 / 500) < 16.27


def test_every_video_trains_where_the_original_left_most_out():
    """Defect 1: with num_cycles a multiple of N it visits videos 0 and 1."""
    golden = golden_values.load("gen_cycles")
    for key, drawn in golden.items():
        num_cycles, batch_size, length = map(int, key.split("_"))
        assert drawn.shape[1:] == (num_cycles, length + 1)
        only = [*range(length), 0]
        if num_cycles % batch_size == 0:
            assert (drawn == only).all()
        cycles = stochastic.gen_cycles(
            5 * num_cycles, batch_size, length, seed=SEED
        ).numpy()
        assert cycles.shape == (5 * num_cycles, length + 1)
        for cycle in cycles:
            assert len(set(cycle[:-1])) == length
        assert set(cycles[:, 0]) == set(range(batch_size))
        assert set(cycles[:, 1]) == set(range(batch_size))
    # 20 cycles of 3 videos: in some the original stays on one, [1, 1, 1].
    stays = golden["20_3_2"][:, :, 0] == golden["20_3_2"][:, :, 1]
    assert stays.any()


def test_start_frames_are_uniform():
    # 10 steps, 500 each; chi-square with 9 degrees of freedom, 99.9 %.
    frames = draws.draw_start_frames(5000, 10, SEED)
    counts = np.bincount(frames, minlength=10)
    assert len(counts) == 10
    assert np.sum((counts - 500) ** 2 / 500) < 27.88


def test_a_seed_repeats_and_none_does_not():
    draw = stochastic.gen_cycles
    first = draw(50, 4, seed=SEED)
    for mode in ("graph", "compiled"):
        again = running.in_mode(lambda: draw(50, 4, seed=SEED), mode)()
        np.testing.assert_array_equal(first, again)
    assert np.any(first != draw(50, 4, seed=(5, 8)))
    assert np.any(draw(50, 4) != draw(50, 4))
    fresh = tf.function(lambda: draw(50, 4))
    assert np.any(fresh() != fresh())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4, 2, 3), "cycle_length=3, batch_size=2"),
        ((0, 2, 2), "num_cycles must be at least 1. Received: 0"),
        ((4, 2, 0), "cycle_length must be at least 1. Received: 0"),
    ],
)
def test_impossible_cycles(arguments, message):
    with pytest.raises(ValueError, match=message):
        stochastic.gen_cycles(*arguments)
