import numpy as np
import pytest

from tcc.evaluation.embedding import embedding_checks
from tests.evaluation.examples import make_embeddings

_RNG = np.random.default_rng(0)


def test_spread_by_hand():
    # Mean (1, 0), distances 1 and 1: sqrt(1 / ((0 + 4) / 2)).
    embs = np.array([[0.0, 0.0], [2.0, 0.0]])
    assert embedding_checks.relative_spread(embs) == pytest.approx(np.sqrt(0.5))
    assert embedding_checks.relative_spread(np.zeros((3, 2))) == 0


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_good_embeddings_are_ok_at_any_scale(scale):
    embs = [_RNG.normal(size=(20, 8)) * scale for _ in range(3)]
    state = embedding_checks.check(make_embeddings(embs))
    assert state.status == "ok"
    assert state.describe() == ""


@pytest.mark.parametrize(
    ("num_constant", "status"),
    [(1, "partly collapsed"), (2, "collapsed"), (4, "collapsed")],
)
def test_constant_videos(num_constant, status):
    embs = [_RNG.normal(size=(20, 8)) for _ in range(4)]
    for i in range(num_constant):
        # Each video has a vector of its own, with rounding noise.
        embs[i] = embs[i][:1] + 1e-6 * _RNG.normal(size=(20, 8))
    state = embedding_checks.check(make_embeddings(embs))
    assert state.status == status
    assert state.constant_videos == num_constant
    assert f"{num_constant} of 4 videos" in state.describe()


def test_not_finite():
    embs = [np.ones((3, 2)), np.full((3, 2), np.nan)]
    state = embedding_checks.check(make_embeddings(embs))
    assert state.status == "not finite"
    assert "NaN" in state.describe()


def test_untrained_is_named():
    state = embedding_checks.check(
        make_embeddings([_RNG.normal(size=(5, 2))], step=0)
    )
    assert state.status == "ok"
    assert state.describe() == "UNTRAINED: the network is at step 0."


def test_single_frames_cannot_be_judged():
    state = embedding_checks.check(make_embeddings([np.ones((1, 2))] * 3))
    assert (state.status, state.num_videos) == ("ok", 0)
