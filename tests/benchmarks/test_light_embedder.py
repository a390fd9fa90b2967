"""The benchmark of the light embedder, on a tiny data set."""

import numpy as np
import pytest

from benchmarks import light_embedder
from tests.video import prepared_videos


def test_the_table_has_means_and_deviations_over_seeds(capsys):
    nan = float("nan")
    light_embedder.print_runs(
        [
            light_embedder.Run("light", (0.5, 0.8), 20.0, 30.0),
            light_embedder.Run("light", (0.5, 0.9), 24.0, 40.0),
            light_embedder.Run("convolutional", (0.6, 0.7), nan, nan),
        ]
    )
    deviation = 0.1 / np.sqrt(2)  # of (.8, .9), with n - 1
    assert capsys.readouterr().out.split("\n")[2:4] == [
        f"| light | 0.500 ± 0.000 | 0.850 ± {deviation:.3f} | 2 | 22 | 35 |",
        "| convolutional | 0.600 | 0.700 | 1 | nan | nan |",
    ]


@pytest.mark.slow
def test_both_embedders_are_timed_trained_and_scored(tmp_path, capsys):
    lengths = {"train": [24, 30, 20], "val": [22, 26]}
    prepared_videos.write(tmp_path / "data", lengths=lengths)
    configs = light_embedder.experiments(
        str(tmp_path / "data"), "none", tmp_path, max_steps=2
    )
    for config in configs.values():
        config.data.datasets = ("tiny",)
        config.data.image_size = 48  # features of 3 x 3
        config.data.num_steps = 4
        config.model.backbone = "small"
        config.train.batch_size = 2
        config.eval.bootstrap_draws = 10
    light_embedder.print_steps(configs, rounds=1)
    assert "ratio" in capsys.readouterr().out
    for name, config in configs.items():
        run = light_embedder.train(name, config, 1, tmp_path)
        # Of one, one and three labelled videos, and tau.
        assert len(run.scores) == 4
        assert run.seconds > 0
        again = light_embedder.train(name, config, 1, tmp_path)
        np.testing.assert_allclose(again.scores, run.scores, atol=1e-6)
        assert np.isnan(again.seconds)
