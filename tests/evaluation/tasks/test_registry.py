import numpy as np
import pytest

from tcc.configs import schema
from tcc.evaluation.tasks import registry
from tests.evaluation.examples import make_embeddings


def _parts():
    line = [np.linspace(0, k, 20)[:, None] for k in (1, 2, 3)]
    return make_embeddings(line, split="train"), make_embeddings(line)


def test_runs_the_configured_tasks_in_order():
    results = registry.run_tasks(*_parts(), schema.EvalConfig())
    assert list(results) == [
        "classification",
        "event_completion",
        "kendalls_tau",
    ]
    assert results["classification"].skipped
    assert results["kendalls_tau"].score > 0


def test_every_default_task_is_registered():
    assert set(schema.EvalConfig().tasks) <= set(registry.TASKS)


def test_refuses_an_unknown_task():
    with pytest.raises(ValueError, match=r"eval\.tasks must be among"):
        registry.run_tasks(*_parts(), schema.EvalConfig(tasks=("tau",)))


def test_refuses_splits_of_different_models():
    train, val = _parts()
    wide = val.with_embs([np.tile(e, 2) for e in val.embs])
    with pytest.raises(ValueError, match="1 and 2"):
        registry.run_tasks(train, wide, schema.EvalConfig())


def test_embeddings_that_are_not_finite_are_not_scored():
    train, val = _parts()
    broken = val.with_embs([e * np.float32(np.nan) for e in val.embs])
    results = registry.run_tasks(train, broken, schema.EvalConfig())
    assert {r.skipped for r in results.values()} == {
        "embeddings of 'val' hold NaN or infinity"
    }
