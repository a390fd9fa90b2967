import numpy as np
import pytest
import tensorflow as tf

from tcc.video import seeds
from tcc.video.planning import plan

_SEED = seeds.from_int(11)


def _take(
    groups, count, *, batch_size=2, start_step=0, seed=_SEED, weights=None
):
    planned = plan.batches(
        [np.array(group) for group in groups],
        batch_size=batch_size,
        seed=seed,
        start_step=start_step,
        weights=weights,
    )
    return [
        (int(step), videos.numpy().tolist())
        for step, videos in planned.take(count)
    ]


def test_an_epoch_holds_every_video_once():
    planned = _take([range(6)], 6)
    assert [step for step, _ in planned] == list(range(6))
    for epoch in (planned[:3], planned[3:]):
        videos = [video for _, batch in epoch for video in batch]
        assert sorted(videos) == list(range(6))
    assert planned[0][1] + planned[1][1] != planned[3][1] + planned[4][1]


def test_left_over_videos_change_and_no_batch_holds_a_video_twice():
    planned = _take([range(5)], 40)
    left_over = set()
    for first in range(0, 40, 2):
        videos = planned[first][1] + planned[first + 1][1]
        assert len(set(videos)) == 4
        left_over |= set(range(5)) - set(videos)
    assert left_over == set(range(5))


def test_every_order_of_a_batch_is_equally_likely():
    # 6 ordered pairs of 3 videos; 600 epochs of 1 batch: 100 each, deviation
    # sqrt(600 * 1/6 * 5/6) = 9.1.
    pairs = [tuple(videos) for _, videos in _take([range(3)], 600)]
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    assert len(counts) == 6
    assert max(abs(count - 100) for count in counts.values()) < 5 * 9.1


def test_a_batch_comes_from_one_group_and_groups_are_drawn_evenly():
    planned = _take([range(4), range(10, 17), range(20, 23)], 900)
    groups = []
    for _, videos in planned:
        assert len({video // 10 for video in videos}) == 1
        groups.append(videos[0] // 10)
    # 300 each, deviation sqrt(900 * 1/3 * 2/3) = 14.1
    counts = np.bincount(groups)
    assert np.abs(counts - 300).max() < 5 * 14.1


def test_groups_are_drawn_by_their_weights():
    planned = _take([range(4), range(10, 17)], 800, weights=[1.0, 3.0])
    second = sum(videos[0] >= 10 for _, videos in planned)
    # 3/4 of 800, deviation sqrt(800 * 3/4 * 1/4) = 12.2
    assert abs(second - 600) < 5 * 12.2
    continued = _take(
        [range(4), range(10, 17)], 6, weights=[1.0, 3.0], start_step=701
    )
    assert continued == planned[701:707]


@pytest.mark.parametrize("groups", [[range(7)], [range(4), range(10, 17)]])
@pytest.mark.parametrize("start_step", [1, 2, 5, 1030])
def test_continuing_equals_never_stopping(groups, start_step):
    whole = _take(groups, start_step + 6)
    continued = _take(groups, 6, start_step=start_step)
    assert continued == whole[start_step:]


def test_the_plan_is_a_function_of_the_seed():
    assert _take([range(8)], 8) == _take([range(8)], 8)
    assert _take([range(8)], 8) != _take([range(8)], 8, seed=seeds.from_int(12))


def test_two_groups_of_one_size_have_different_orders():
    planned = _take([range(8), range(100, 108)], 60)
    first = [v for _, batch in planned for v in batch if v < 100][:8]
    second = [v - 100 for _, batch in planned for v in batch if v >= 100][:8]
    assert sorted(first) == sorted(second)
    assert first != second


def test_element_types():
    planned = plan.batches([np.arange(3)], batch_size=3, seed=_SEED)
    step, videos = planned.element_spec
    assert step == tf.TensorSpec([], tf.int64)
    assert videos == tf.TensorSpec([3], tf.int64)
