"""The table of the comparison, and that a run is made once."""

import json

import numpy as np
import pytest

from benchmarks import compare_objectives, frozen_features
from tcc.evaluation.embedding import embed
from tcc.training import checkpoints


def _run(method, seed, tau, untrained=0.1):
    return {
        "method": method,
        "seed": seed,
        "steps": 250,
        "scores": {"tau": tau, "accuracy": 0.5, "R2": None},
        "baselines": {
            "untrained": {"tau": untrained, "accuracy": None, "R2": None}
        },
    }


def test_the_table_has_means_and_deviations_over_seeds():
    text = compare_objectives.table(
        [
            _run("tcc", 0, 0.8, untrained=0.1),
            _run("tcc", 1, 0.9, untrained=0.3),
            _run("sal", 0, 0.5, untrained=0.1),
        ]
    )
    # Deviation of (.8, .9), and of (.1, .3), with n - 1.
    tcc, untrained = 0.1 / np.sqrt(2), 0.2 / np.sqrt(2)
    assert text.split("\n")[:5] == [
        "| | tau | accuracy | R2 | seeds |",
        "|---|---|---|---|---|",
        f"| tcc | 0.850 ± {tcc:.3f} | 0.500 ± 0.000 | 0 of 2 valid | 2 |",
        "| sal | 0.500 | 0.500 | 0 of 1 valid | 1 |",
        # The networks of the two seeds, once each.
        f"| untrained | 0.200 ± {untrained:.3f} | 0 of 2 valid "
        "| 0 of 2 valid | 2 |",
    ]


@pytest.mark.slow
def test_a_run_that_is_there_is_not_made_again(tiny_config, tmp_path):
    tiny_config.train.max_steps = 1
    made = compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))
    assert made["steps"] == 1
    for scores in (made["scores"], *made["baselines"].values()):
        assert list(scores) == [
            "Kendall's tau",
            "valid pairs",
            "phase accuracy, 10% of the labels",
            "phase accuracy, 100% of the labels",
            "progression R2",
        ]
        assert all(value is not None for value in scores.values())
    assert list(made["baselines"]) == ["untrained", "frame index"]
    assert made["config"]["train"]["seed"] == 3
    path = tmp_path / "sal_3.json"
    path.write_text(json.dumps(made | {"seconds": -1.0}))
    again = compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))
    assert again["seconds"] == -1.0
    other = compare_objectives.run_once(tiny_config, "tcn", 3, str(tmp_path))
    assert other["baselines"] == made["baselines"]
    steps = made["config"]["data"]["num_steps"]
    assert other["config"]["data"]["num_steps"] == steps // 2  # of pairs
    tiny_config.train.max_steps = 2
    with pytest.raises(ValueError, match="of another configuration"):
        compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))


@pytest.mark.parametrize("embedder", ["light", "conv"])
def test_features_give_the_embeddings_of_the_frames(tiny_config, embedder):
    tiny_config.data.num_context = 3
    tiny_config.data.context_stride = 2
    tiny_config.model.train_base = "frozen"
    tiny_config.model.embedder = embedder
    tiny_config.model.feature_grid = 2
    encoder = checkpoints.build_encoder(tiny_config)
    for part in frozen_features.extract(encoder, tiny_config):
        found = frozen_features.embed_features(encoder, tiny_config, part)
        expected = embed.embed_split(encoder, tiny_config, part.split)
        for ours, theirs in zip(found.embs, expected.embs, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        np.testing.assert_array_equal(found.names, expected.names)


@pytest.mark.slow
def test_runs_on_cached_features_share_them(tiny_config, tmp_path):
    tiny_config.model.train_base = "frozen"
    tiny_config.feature_cache.enabled = True
    tiny_config.feature_cache.folder = str(tmp_path / "cache")
    tiny_config.train.max_steps = 1
    features: list = []
    made = [
        compare_objectives.run_once(
            tiny_config, method, 0, str(tmp_path), features=features
        )
        for method in ("tcc", "supervised")
    ]
    assert [part.split for part in features] == ["train", "val"]
    assert made[0]["baselines"] == made[1]["baselines"]
    assert list(made[0]["baselines"]) == ["untrained", "frame index"]
    assert made[0]["scores"] != made[1]["scores"]
