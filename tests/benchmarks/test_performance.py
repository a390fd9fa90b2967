"""The benchmarks of docs/performance.md run, and compare equal things."""

import time

import pytest

from benchmarks import (
    dense_embedding,
    folded_backbone,
    interleaved,
    large_sets,
    training_step,
)
from tcc.configs import schema


def test_medians_of_ways_that_ran_in_turns():
    order = []
    waits = iter([0, 0, 0.01, 0.05, 0.01, 0.05, 0.2, 0.05])

    def run(name):
        order.append(name)
        time.sleep(next(waits))

    ways = {"a": lambda: run("a"), "b": lambda: run("b")}
    found = interleaved.measure(ways, rounds=3)
    assert order == ["a", "b"] * 4  # the first ones warm up
    assert 0.01 <= found["a"].seconds < 0.05 <= found["b"].seconds
    assert found["a"].cpu_seconds < 0.01


@pytest.mark.slow
def test_dense_embedding_compares_equal_embeddings():
    config = schema.ExperimentConfig()
    config.model.backbone, config.model.weights = "small", "none"
    config.model.conv = schema.ConvEmbedderConfig(capacity=1)
    config.data.image_size = 32
    found = dense_embedding.compare(config, num_frames=40, rounds=1)
    assert found["straightforward"].error == 0
    assert found["ours, float32"].error < 1e-4
    assert 1e-4 < found["ours, mixed_bfloat16"].error < 0.2


@pytest.mark.slow
def test_a_step_comes_apart(tiny_config, tmp_path):
    tiny_config.train.image_interval = 10
    parts = training_step.take_apart(tiny_config, tmp_path)
    timings = interleaved.measure(parts.ways, rounds=1)
    assert all(timing.cpu_seconds > 0 for timing in timings.values())
    occasional = training_step.time_occasional(parts)
    assert set(occasional) == {"scalars", "pictures", "checkpoint"}


@pytest.mark.slow
def test_folding_is_measured_on_one_network_both_ways():
    plain, folded = folded_backbone.compare(
        "small", "float32", size=32, rounds=1
    )
    assert plain.cpu_seconds > 0
    assert folded.cpu_seconds > 0


@pytest.mark.slow
def test_large_sets_are_timed_and_both_ways_of_warping_agree():
    line = large_sets.time_task("kendalls_tau", 8, schema.EvalConfig())
    assert "CPU s" in line
    _, _, blocks = large_sets.time_warping(200, 0)
    _, _, library = large_sets.time_warping(200, 1 << 40)
    assert (blocks == library).all()
