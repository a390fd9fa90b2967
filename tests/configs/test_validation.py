"""Impossible configurations are refused, by the name of the field."""

import importlib
import pathlib

import pytest

from tcc import configs
from tcc.configs import schema, validation

_EXPERIMENTS = sorted(
    path.stem
    for path in pathlib.Path(str(configs.__file__)).parent.glob("*.py")
    if "def get_config(" in path.read_text(encoding="utf-8")
    and path.stem != "paper"  # has no default; see test_papers.py
)


def _with(path: str, value: object) -> schema.ExperimentConfig:
    config = schema.ExperimentConfig()
    *sections, name = path.split(".")
    section = config
    for part in sections:
        section = getattr(section, part)
    setattr(section, name, value)
    return config


@pytest.mark.parametrize("name", _EXPERIMENTS)
def test_every_experiment_is_valid(name):
    module = importlib.import_module(f"tcc.configs.{name}")
    validation.validate(module.get_config())


def test_the_defaults_are_valid():
    validation.validate(schema.ExperimentConfig())


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        ("train.batch_size", 1, "at least 2"),
        ("train.batch_size", 2.5, "of type int"),
        ("train.batch_size", True, "of type int"),
        ("train.max_steps", 0, "at least 1"),
        ("optimizer.learning_rate", -1e-4, "more than 0"),
        ("optimizer.learning_rate", float("nan"), "more than 0"),
        ("optimizer.learning_rate", float("inf"), "more than 0"),
        ("optimizer.momentum", 1.0, "in [0, 1)"),
        ("optimizer.schedule.boundaries", (10, 5), "in increasing order"),
        ("algorithm.name", "tcm", "one of alignment"),
        ("algorithm.alignment.loss_type", "l1", "regression_mse_var"),
        ("algorithm.alignment.temperature", 0.0, "more than 0"),
        ("data.datasets", (), "at least one name"),
        ("data.datasets", ["a"], "a tuple of str"),
        ("data.num_steps", 1, "at least 2"),
        ("data.batch_by", "video", "one of dataset, action"),
        ("data.sampling_weights", (1.0, 2.0), "1 numbers, one for each"),
        ("data.sampling_weights", (0.0,), "more than 0"),
        ("data.max_train_videos", -1, "0 or more"),
        ("data.train_fraction", 0.0, "in (0, 1]"),
        ("data.augmentation.contrast_upper", 0.1, "at least 0.5"),
        ("data.augmentation.crop_min_scale", 1.5, "in (0, 1]"),
        ("data.view_pattern", "(.*", "a regular expression with one group"),
        ("data.view_pattern", "view_.*", "a regular expression with one group"),
        ("algorithm.alignment.similarity_type", "dot", "true_cosine"),
        ("algorithm.sal.num_triplets", 0, "at least 1"),
        ("algorithm.sal.shuffled_share", 1.5, "in [0, 1]"),
        ("algorithm.sal.fc_channels", (128, 0), "widths of at least 1"),
        ("algorithm.tcn.loss_type", "lifted", "one of npairs, triplet"),
        ("algorithm.tcn.views", "both", "one of single, multi"),
        ("algorithm.tcn.positive_window", 0, "at least 1"),
        ("algorithm.tcn.margin", -0.1, "0 or more"),
        ("algorithm.classification.dropout", 1.0, "in [0, 1)"),
        ("algorithm.classification.num_classes", (1,), "counts of at least 2"),
        ("algorithm.classification.num_classes", (4, 5), "one count for each"),
        ("algorithm.combination.objectives", (), "different ones of"),
        ("algorithm.combination.objectives", ("sal", "tcm"), "different ones"),
        ("algorithm.combination.objectives", ("sal", "sal"), "different ones"),
        ("algorithm.combination.weights", (0.5, 0.5), "3 numbers"),
        ("algorithm.combination.weights", (1.0, 1.0, -1.0), "more than 0"),
        ("eval.algo_loss_batches", 0, "at least 1"),
        ("model.conv.pooling", "min", "one of max, avg, flatten"),
        ("model.conv.conv_channels", (256, 0), "widths of at least 1"),
        ("eval.classification_fractions", (0.0,), "fractions in (0, 1]"),
    ],
)
def test_an_impossible_value_is_named(path, value, allowed):
    with pytest.raises(ValueError, match=r"cannot work") as error:
        validation.validate(_with(path, value))
    line = str(error.value).splitlines()[1]
    assert line.startswith(f"  config.{path} must be ")
    assert allowed in line
    assert line.endswith(f"Received: {value!r}")


def test_a_cycle_longer_than_the_batch_is_refused():
    config = schema.ExperimentConfig()
    config.train.batch_size = 3
    config.algorithm.alignment.cycle_length = 4
    validation.validate(config)  # deterministic matching makes no cycles
    config.algorithm.alignment.stochastic_matching = True
    with pytest.raises(ValueError, match=r"cycle_length must be at most .*3"):
        validation.validate(config)
    config.algorithm.alignment.cycle_length = 3
    validation.validate(config)


def _problems(config) -> str:
    with pytest.raises(ValueError, match=r"cannot work") as error:
        validation.validate(config)
    return str(error.value)


@pytest.mark.parametrize(
    "name", ["sal", "tcn", "classification", "alignment_sal_tcn", "combination"]
)
def test_every_objective_is_valid_as_it_comes(name):
    validation.validate(_with("algorithm.name", name))


@pytest.mark.parametrize("name", ["sal", "combination"])
def test_shuffle_and_learn_needs_five_steps(name):
    config = _with("algorithm.name", name)
    config.data.num_steps = 4
    assert "config.data.num_steps must be at least 5" in _problems(config)
    config.algorithm.combination.objectives = ("alignment", "tcn")
    config.algorithm.combination.weights = (1.0, 1.0)
    config.algorithm.name = "combination"
    validation.validate(config)


def test_the_preset_is_of_its_three_objectives():
    config = _with("algorithm.name", "alignment_sal_tcn")
    config.algorithm.combination.weights = (1.0, 2.0, 3.0)
    validation.validate(config)
    config.algorithm.combination.objectives = ("alignment", "tcn")
    config.algorithm.combination.weights = (1.0, 2.0)
    assert "combination.objectives must be alignment, sal" in _problems(config)


def test_only_alignment_needs_two_videos():
    config = _with("train.batch_size", 1)
    for name in ("sal", "tcn", "classification"):
        config.algorithm.name = name
        validation.validate(config)
    config.algorithm.name = "combination"
    assert "config.train.batch_size must be at least 2" in _problems(config)


def test_views_of_one_moment_need_their_pattern_and_pairs():
    config = _with("algorithm.name", "tcn")
    config.algorithm.tcn.views = "multi"
    assert "config.data.view_pattern must be" in _problems(config)
    config.data.view_pattern = "(.*)_view[0-9]"
    validation.validate(config)
    config.train.batch_size = 3
    assert "config.train.batch_size must be even" in _problems(config)


def test_groups_of_videos_do_not_contradict_each_other():
    config = _with("data.max_train_videos", 5)
    config.data.sampling_weights = (2.0,)
    config.data.batch_by = "action"
    validation.validate(config)
    config.data.train_fraction = 0.5
    assert "config.data.train_fraction must be 1.0" in _problems(config)
    config.data.view_pattern = "(.*)_view[0-9]"
    assert 'config.data.batch_by must be "dataset"' in _problems(config)


@pytest.mark.parametrize("backbone", ["vggm", "small"])
def test_imagenet_weights_of_a_net_without_them_are_refused(backbone):
    with pytest.raises(ValueError, match=r"model.weights .*no published"):
        validation.validate(_with("model.backbone", backbone))


def test_all_problems_are_listed_at_once():
    config = _with("train.batch_size", 1)
    config.data.image_size = 0
    config.optimizer.name = "adamw"
    with pytest.raises(ValueError) as error:
        validation.validate(config)
    assert len(str(error.value).splitlines()) == 1 + 3
