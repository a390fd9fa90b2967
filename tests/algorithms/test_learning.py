"""Every objective learns: better than its untrained network on both scores.

A short run on the rendered set. The start is adapted to the data before it is
measured, so that no run wins by the statistics of batch normalisation alone;
all objectives have the same one.
"""

import copy

import numpy as np
import pytest

from tcc.configs import demo
from tcc.configs.checks import fields
from tcc.configs.papers import temporal_cycle_consistency
from tcc.evaluation.checkpoints import checkpoint_evaluation, untrained
from tcc.training import checkpoints, loop

pytestmark = pytest.mark.slow

_STEPS = {"sal": 400}  # the slowest to learn: a triplet says one bit
_DEFAULT_STEPS = 200


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder with the rendered set of the demo: 48 and 14 videos."""
    from tcc.datasets.preparing import generation, preparation

    folder = tmp_path_factory.mktemp("easy")
    preparation.prepare(
        "pouring_synthetic/easy",
        data_dir=folder,
        options=generation.GenerationOptions(),
        arguments={},
    )
    return folder


@pytest.fixture(scope="module")
def start_config(data_dir):
    config = demo.get_config()
    config.data.data_dir = str(data_dir)
    config.data.num_steps = 10
    config.data.sample_all_stride = 2
    config.train.image_interval = 0
    config.eval.tasks = ("kendalls_tau", "classification")
    config.eval.kendalls_tau_stride = 2  # of every second frame
    config.eval.classification_fractions = (1.0,)
    config.eval.bootstrap_draws = 1
    config.eval.untrained_batches = 10
    return config


@pytest.fixture(scope="module")
def start(start_config, tmp_path_factory):
    """The untrained network's scores by task, and its kernels."""
    folder = tmp_path_factory.mktemp("start")
    (result,) = untrained.evaluate(folder, start_config).results
    encoder, _ = untrained.restore(folder, start_config)
    return _scores(result), _kernels(encoder)


def _scores(result):
    return {name: task.score for name, task in result.tasks.items()}


def _kernels(encoder):
    return [weight.numpy() for weight in encoder.trainable_weights]


@pytest.mark.parametrize(
    "method",
    [
        "tcc",
        "tcc true_cosine",
        "sal",
        "tcn",
        "tcn triplet",
        "supervised",
        "tcc_sal_tcn",
    ],
)
def test_it_beats_its_untrained_start(start_config, start, tmp_path, method):
    name, *option = method.split()
    config = copy.deepcopy(start_config)
    objective = temporal_cycle_consistency.PAPER.methods[name]
    fields.set_fields(config, objective.settings)
    if option == ["triplet"]:
        config.algorithm.tcn.loss_type = "triplet"
    if option == ["true_cosine"]:
        config.algorithm.alignment.similarity_type = "true_cosine"
    config.train.max_steps = _STEPS.get(name, _DEFAULT_STEPS)
    config.train.checkpoint_interval = config.train.max_steps
    assert loop.train(config, tmp_path) == config.train.max_steps

    before, kernels = start
    encoder, _, _ = checkpoints.restore_encoder(tmp_path, "0")
    for ours, theirs in zip(_kernels(encoder), kernels, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    evaluation = checkpoint_evaluation.evaluate_checkpoint(
        tmp_path, untrained=False
    )
    after = _scores(evaluation.datasets[0])
    print(method, before, after)
    assert list(after) == list(config.eval.tasks)
    for task, score in after.items():
        assert score > before[task], (task, before, after)
