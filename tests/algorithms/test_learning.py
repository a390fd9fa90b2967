"""Every objective learns: better than its untrained network on both scores.

A short run on the rendered set; the untrained network is the baseline that
evaluation prints, its batch statistics measured as those of a trained one are.
"""

import copy

import pytest

from tcc.configs import demo, published
from tcc.evaluation import checkpoint_evaluation
from tcc.training import loop

pytestmark = pytest.mark.slow

_STEPS = 250


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder with the rendered set of the demo: 48 and 14 videos."""
    from tcc.datasets import generation, preparation

    folder = tmp_path_factory.mktemp("easy")
    preparation.prepare(
        "pouring_synthetic/easy",
        data_dir=folder,
        options=generation.GenerationOptions(),
        arguments={},
    )
    return folder


@pytest.fixture
def config(data_dir):
    config = copy.deepcopy(demo.get_config())
    config.data.data_dir = str(data_dir)
    config.train.max_steps = _STEPS
    config.train.checkpoint_interval = _STEPS
    config.train.image_interval = 0
    config.eval.tasks = ("kendalls_tau", "classification")
    config.eval.bootstrap_draws = 20
    return config


@pytest.mark.parametrize(
    "method", [*published.METHODS, "tcn triplet", "tcc true_cosine"]
)
def test_it_beats_its_untrained_start(config, tmp_path, method):
    published.set_method(config, method.split()[0])
    if method == "sal":
        # The slowest to learn, as each triplet says one bit: more triplets of
        # fewer frames, and more steps of them.
        config.algorithm.sal.num_triplets = 32
        config.algorithm.sal.shuffled_share = 0.5
        config.data.num_steps = 10
        config.train.max_steps = config.train.checkpoint_interval = 800
    if method == "tcn triplet":
        config.algorithm.tcn.loss_type = "triplet"
    if method == "tcc true_cosine":
        config.algorithm.alignment.similarity_type = "true_cosine"
    assert loop.train(config, tmp_path) == config.train.max_steps
    evaluation = checkpoint_evaluation.evaluate_checkpoint(tmp_path)
    trained = evaluation.datasets[0].tasks
    untrained = evaluation.baselines["untrained"][0].tasks
    for task in config.eval.tasks:
        print(method, task, untrained[task].score, trained[task].score)
        assert trained[task].score > untrained[task].score, task
