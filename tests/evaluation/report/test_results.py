import dataclasses
import json

import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.embedding import baselines
from tcc.evaluation.report import results, results_table
from tcc.evaluation.tasks.task_result import TaskResult
from tests.evaluation.examples import make_embeddings

_CONFIG = schema.EvalConfig(kendalls_tau_stride=1)
_RNG = np.random.default_rng(0)


def _result(dataset="pouring", *, step=100, collapsed=False, labelled=True):
    def part(split, count):
        embs, labels = [], []
        for n in range(20, 20 + count):
            line = np.linspace(0, 1, n)[:, None] * np.ones((1, 3))
            if collapsed:
                line = 1 + 1e-7 * _RNG.normal(size=line.shape)
            embs.append(line)
            labels.append(np.arange(n) // (n // 2) if labelled else -np.ones(n))
        embeddings = make_embeddings(embs, labels, split=split, step=step)
        return dataclasses.replace(embeddings, dataset=dataset)

    return results.evaluate_embeddings(
        part("train", 4), part("val", 3), _CONFIG
    )


def _evaluation(*datasets, step=100):
    config = schema.ExperimentConfig(eval=_CONFIG)
    return results.Evaluation(step, f"ckpt-{step}", 1.5, config, list(datasets))


def test_json_has_the_protocol_and_the_scores(tmp_path):
    path = results.write_json(tmp_path, _evaluation(_result("a/easy")))
    (entry,) = json.loads(path.read_text())["evaluations"]
    assert entry["step"] == 100 and entry["untrained"] is False
    assert entry["protocol"]["kendalls_tau_distance"] == "sqeuclidean"
    assert entry["protocol"]["eval_split"] == "val"
    assert entry["config"]["train"]["batch_size"] == 2
    dataset = entry["datasets"]["a/easy"]
    assert dataset["splits"]["val"] == {
        "videos": 3,
        "frames": 63,
        "channels": 3,
    }
    assert dataset["embeddings"]["val"]["status"] == "ok"
    tau = dataset["tasks"]["kendalls_tau"]
    assert tau["protocol"]["stride"] == 1
    assert tau["scalars"]["kendalls_tau/a_easy_val_valid_share"] == 1
    assert entry["mean_scores"].keys() == {
        "classification",
        "event_completion",
        "kendalls_tau",
    }


def test_json_keeps_other_steps_and_replaces_its_own(tmp_path):
    for step in (200, 100, 200):
        results.write_json(tmp_path, _evaluation(_result(), step=step))
    assert [e["step"] for e in results.read_json(tmp_path)] == [100, 200]
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 9}', '{"format": 1, "evaluations": [1]}']
)
def test_a_foreign_results_file_is_not_overwritten(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"results\.json is not a results"):
        results.write_json(tmp_path, _evaluation(_result()))
    assert path.read_text() == content


def test_undefined_tau_is_null_in_json_and_absent_from_events(tmp_path):
    flat = make_embeddings([np.ones((9, 4)), np.ones((7, 4))])
    result = results.evaluate_embeddings(
        dataclasses.replace(flat, split="train"), flat, _CONFIG
    )
    evaluation = _evaluation(result)
    results.write_json(tmp_path, evaluation)
    (entry,) = results.read_json(tmp_path)
    tau = entry["datasets"]["pouring"]["tasks"]["kendalls_tau"]
    assert tau["score"] is None
    values = results.scalars(evaluation)
    assert all(np.isfinite(v) for v in values.values())
    assert "kendalls_tau/pouring_val_align_tau" not in values
    assert values["kendalls_tau/pouring_val_valid_share"] == 0
    assert values["embeddings/pouring_val_constant_videos"] == 2


def test_scalars_have_the_tags_of_the_original():
    values = results.scalars(_evaluation(_result("a"), _result("b")))
    for tag in (
        "classification/val_a_0.1_accuracy",
        "classification/val_b_1.0_accuracy",
        "kendalls_tau/a_train_align_tau",
        "kendalls_tau/b_val_align_tau",
        "metrics/a_classification",
        "metrics/b_kendalls_tau",
        "metrics/all_kendalls_tau",
    ):
        assert tag in values
    assert values["metrics/all_kendalls_tau"] == pytest.approx(
        (values["metrics/a_kendalls_tau"] + values["metrics/b_kendalls_tau"])
        / 2
    )


def test_a_collapsed_result_is_never_averaged_away():
    evaluation = _evaluation(_result("a"), _result("b", collapsed=True))
    assert evaluation.mean_scores() == {}
    values = results.scalars(evaluation)
    assert "metrics/a_kendalls_tau" in values
    assert "metrics/b_kendalls_tau" not in values
    assert "metrics/all_kendalls_tau" not in values


def test_a_mean_needs_a_score_of_every_data_set():
    evaluation = _evaluation(_result("a"), _result("b", labelled=False))
    assert evaluation.mean_scores().keys() == {"kendalls_tau"}


def test_table_names_states_and_reasons():
    good = _result()
    text = results_table.table(
        {
            "step 100": good,
            "step 0": _result(step=0),
            "bad": _result(collapsed=True),
            "bare": _result(labelled=False),
        }
    )
    lines = {line.strip().split("  ")[0]: line for line in text.splitlines()}
    assert text.splitlines()[0].split()[-1] == "bare"
    for heading in ("tau", "valid pairs", "tau, invalid as 0"):
        assert heading in lines
    accuracy = lines["accuracy, 10% of the labels (1 videos)"]
    assert accuracy.endswith("-")  # bare has no labels
    tau = good.tasks["kendalls_tau"].score
    assert f"{tau:.4f} [" in lines["tau"]
    assert lines["embeddings"].split()[1:] == [
        "ok",
        "UNTRAINED",
        "COLLAPSED",
        "ok",
    ]
    assert "kendalls_tau: stride: 1; distance: sqeuclidean" in text
    assert "bare: classification skipped: no frame of 'train' and 'val'" in text
    assert "bad: train, val: COLLAPSED: 3 of 3 videos" not in text
    assert "bad: train: COLLAPSED: 4 of 4 videos" in text
    assert "step 0: train, val: UNTRAINED: the network is at step 0." in text


def test_a_task_without_headings_shows_its_score():
    task = TaskResult(
        score=2.5,
        scalars={"algo_loss/a_train_loss": 1.0, "algo_loss/a_val": 2.5},
    )
    result = dataclasses.replace(_result(), tasks={"algo_loss": task})
    (section,) = results_table.sections({"step 1": result})
    assert section.rows == [("algo_loss", ["2.5000"])]


def test_the_frame_index_stands_in_the_same_table():
    train = make_embeddings([np.ones((9, 2)), np.ones((7, 2))], split="train")
    result = results.evaluate_embeddings(
        baselines.frame_index(train),
        baselines.frame_index(dataclasses.replace(train, split="val")),
        _CONFIG,
    )
    text = results_table.table({"frame index": result})
    assert text.splitlines()[0].strip() == "frame index"
    row = next(x for x in text.splitlines() if x.startswith("  valid pairs"))
    assert row.split()[-1] == "1.0000"


def test_intervals_and_baselines_are_in_the_file(tmp_path):
    result = _result("a")
    evaluation = dataclasses.replace(
        _evaluation(result),
        baselines={"frame index": [_result("a")]},
        untrained="built anew from seed 0",
    )
    results.write_json(tmp_path, evaluation)
    (entry,) = results.read_json(tmp_path)
    task = entry["datasets"]["a"]["tasks"]["kendalls_tau"]
    low, high = task["intervals"]["kendalls_tau/a_val_align_tau"]
    assert low <= task["score"] <= high
    assert "a" in entry["baselines"]["frame index"]
    assert entry["untrained_baseline"] == "built anew from seed 0"
    assert list(evaluation.rows(0)) == ["step 100", "frame index"]
