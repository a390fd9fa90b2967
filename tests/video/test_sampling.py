import numpy as np
import pytest
import tensorflow as tf

from tcc.configs import schema
from tcc.video import sampling, seeds
from tests import golden_values


def _seed(number):
    return seeds.from_int(number)


def test_offset_uniform_draws_distinct_sorted_steps_in_range():
    for number in range(30):
        steps = sampling.offset_uniform(
            12, _seed(number), num_steps=8, random_offset=3
        ).numpy()
        assert steps.dtype == np.int64
        assert (np.diff(steps) > 0).all()  # sorted, none twice
        assert steps.min() >= 3
        assert steps.max() <= 11


def test_offset_uniform_draws_each_frame_equally_often():
    # 3 of the 5 frames 1...5 are drawn: each with probability 3/5. Over 600
    # clips the count has mean 360 and deviation sqrt(600 * .6 * .4) = 12.
    counts = np.zeros(6, int)
    for number in range(600):
        steps = sampling.offset_uniform(6, _seed(number), num_steps=3)
        counts[steps.numpy()] += 1
    assert counts[0] == 0  # random_offset=1
    assert np.abs(counts[1:] - 360).max() < 5 * 12


def test_offset_uniform_includes_frame_0_with_offset_0():
    steps = sampling.offset_uniform(5, _seed(0), num_steps=5, random_offset=0)
    assert steps.numpy().tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("seq_len", "expected"),
    [
        # The original draws all of 1...4, whatever the seed; it is then
        # clamped to seq_len - 1.
        (5, [1, 2, 3, 4]),
        (4, [1, 2, 3, 3]),
        (3, [1, 2, 2, 2]),
        (1, [0, 0, 0, 0]),
    ],
)
def test_offset_uniform_clamps_short_videos(seq_len, expected):
    for number in range(5):
        steps = sampling.offset_uniform(seq_len, _seed(number), num_steps=4)
        assert steps.numpy().tolist() == expected


def test_stride_keeps_its_distance_and_starts_anywhere_that_fits():
    # Steps f, f + 3, f + 6 of 10 frames: f may be 0...3.
    firsts = set()
    for number in range(60):
        steps = sampling.stride(10, _seed(number), num_steps=3, stride=3)
        assert np.diff(steps).tolist() == [3, 3]
        firsts.add(int(steps[0]))
    assert firsts == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("seq_len", "expected"), [(7, [0, 3, 6]), (5, [0, 3, 4]), (1, [0, 0, 0])]
)
def test_stride_clamps_to_the_last_frame(seq_len, expected):
    steps = sampling.stride(seq_len, _seed(1), num_steps=3, stride=3)
    assert steps.numpy().tolist() == expected


def test_all_steps():
    assert sampling.all_steps(4).numpy().tolist() == [0, 1, 2, 3]
    assert sampling.all_steps(7, stride=3).numpy().tolist() == [0, 3, 6]
    assert sampling.all_steps(7, stride=3).dtype == tf.int64
    assert sampling.all_steps(0).numpy().tolist() == []


def test_context_equals_the_original():
    golden = golden_values.load("ctx")
    for first in (0, 25):
        seen = sampling.context_steps(
            tf.range(first, first + 5), 30, num_context=2, context_stride=15
        )
        expected = golden[f"get_indices_{first}_5_30"]
        assert seen.numpy().ravel().tolist() == expected.tolist()
    seen = sampling.context_steps(40, 100, num_context=2, context_stride=15)
    assert seen.numpy().tolist() == golden["get_steps_40"].tolist()


def test_context_of_several_frames_is_clamped_on_both_sides():
    # Step 3 with 4 frames 2 apart sees -3, -1, 1, 3 -> 0, 0, 1, 3; step 9 of
    # 5 frames would see 3, 5, 7, 9 -> 3, 4, 4, 4.
    seen = sampling.context_steps(
        tf.constant([3, 9]), 5, num_context=4, context_stride=2
    )
    assert seen.numpy().tolist() == [[0, 0, 1, 3], [3, 4, 4, 4]]


def test_context_of_one_frame_is_the_step():
    seen = sampling.context_steps(
        tf.constant([[0, 2], [1, 4]]), 5, num_context=1, context_stride=15
    )
    assert seen.numpy().tolist() == [[[0], [2]], [[1], [4]]]


@pytest.mark.parametrize("name", ["offset_uniform", "stride"])
def test_step_sampler_is_the_same_in_a_graph(name):
    config = schema.DataConfig(sampling=name, num_steps=6, stride=3)
    sample = sampling.step_sampler(config)
    in_graph = tf.function(
        sample,
        input_signature=[
            {"seq_len": tf.TensorSpec([], tf.int64)},
            tf.TensorSpec([2], tf.int32),
        ],
    )
    assert in_graph.get_concrete_function().output_shapes == [6]
    for seq_len in (3, 20, 50):
        video = {"seq_len": tf.constant(seq_len, tf.int64)}
        eager = sample(video, _seed(seq_len)).numpy()
        assert in_graph(video, _seed(seq_len)).numpy().tolist() == (
            eager.tolist()
        )
    drawn = {tuple(sample({"seq_len": 50}, _seed(n)).numpy()) for n in range(8)}
    assert len(drawn) > 1  # the seed matters


def test_step_sampler_passes_its_settings_on():
    config = schema.DataConfig(num_steps=3, random_offset=4)
    video = {"seq_len": tf.constant(7, tf.int64)}
    steps = sampling.step_sampler(config)(video, _seed(0))
    assert steps.numpy().tolist() == [4, 5, 6]


def test_step_sampler_refuses_unknown_names():
    config = schema.DataConfig(sampling="all")
    with pytest.raises(
        ValueError, match=r"offset_uniform, stride\. Received: 'all'"
    ):
        sampling.step_sampler(config)
