"""The table of the comparison, and that a run is made once."""

import json

import numpy as np
import pytest

from benchmarks import compare_objectives


def _run(method, seed, tau, untrained=0.1):
    return {
        "method": method,
        "seed": seed,
        "steps": 250,
        "scores": {"kendalls_tau": tau, "classification": 0.5},
        "baselines": {"untrained": {"kendalls_tau": untrained}},
    }


def test_the_table_has_means_and_deviations_over_seeds():
    text = compare_objectives.table(
        [
            _run("tcc", 0, 0.8, untrained=0.1),
            _run("tcc", 1, 0.9, untrained=0.3),
            _run("sal", 0, 0.5, untrained=0.1),
        ]
    )
    rows = {
        line[:14].strip(): line[14:].split("  ") for line in text.split("\n")
    }
    # Deviation of (.8, .9) with n - 1: .1 / sqrt(2).
    assert f"0.850 ± {0.1 / np.sqrt(2):.3f}" in text
    assert "0.500 ± 0.000" in text
    assert rows["tcc"][-1].strip() == "2"
    assert rows["sal"][-1].strip() == "1"
    # The untrained networks of the two seeds, once each.
    assert "0.200 ± 0.141" in "  ".join(rows["untrained"])
    assert "0 of 1 valid" in "  ".join(rows["sal"])


@pytest.mark.slow
def test_a_run_that_is_there_is_not_made_again(tiny_config, tmp_path):
    tiny_config.train.max_steps = 1
    made = compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))
    assert made["steps"] == 1
    assert "kendalls_tau" in made["scores"]
    assert made["config"]["train"]["seed"] == 3
    path = tmp_path / "sal_3.json"
    path.write_text(json.dumps(made | {"seconds": -1.0}))
    again = compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))
    assert again["seconds"] == -1.0
    tiny_config.train.max_steps = 2
    with pytest.raises(ValueError, match="of another configuration"):
        compare_objectives.run_once(tiny_config, "sal", 3, str(tmp_path))
