"""Impossible configurations are refused, by the name of the field."""

import importlib
import pathlib

import pytest

from tcc import configs
from tcc.configs import schema, validation

_EXPERIMENTS = sorted(
    path.stem
    for path in pathlib.Path(str(configs.__file__)).parent.glob("*.py")
    if path.stem not in ("__init__", "schema", "serialization", "validation")
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
        ("data.augmentation.contrast_upper", 0.1, "at least 0.5"),
        ("data.augmentation.crop_min_scale", 1.5, "in (0, 1]"),
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
