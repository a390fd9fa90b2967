import pytest
import tensorflow as tf

from tcc.video import seeds


def test_from_int_is_injective_beyond_32_bits():
    numbers = [0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**40, 2**62 - 1]
    made = {tuple(seeds.from_int(n).numpy().tolist()) for n in numbers}
    assert len(made) == len(numbers)


@pytest.mark.parametrize("seed", [-1, 2**62])
def test_from_int_refuses(seed):
    with pytest.raises(ValueError, match=rf"seed must be .* Received: {seed}"):
        seeds.from_int(seed)


def test_fold_depends_on_each_number_and_their_order():
    seed = seeds.from_int(7)
    folded = [
        seeds.fold(seed),
        seeds.fold(seed, 0),
        seeds.fold(seed, 1),
        seeds.fold(seed, 1, 2),
        seeds.fold(seed, 2, 1),
        seeds.fold(seeds.from_int(8), 1, 2),
    ]
    assert len({tuple(f.numpy().tolist()) for f in folded}) == len(folded)
    assert all(f.dtype == tf.int32 for f in folded)


def test_fold_is_the_same_in_a_graph_and_for_any_integer_type():
    seed = seeds.from_int(7)
    expected = seeds.fold(seed, 3, 5).numpy().tolist()
    in_graph = tf.function(lambda step: seeds.fold(seed, step, 5))
    assert in_graph(tf.constant(3, tf.int64)).numpy().tolist() == expected
    assert in_graph(tf.constant(3, tf.int32)).numpy().tolist() == expected
