"""The paper's experiments: every choice is valid, and chosen as asked for."""

import importlib
import itertools
import pathlib
import pkgutil
import re
import subprocess
import sys

import pytest

from tcc.configs import paper, penn_action, pouring, published, validation

_ROOT = pathlib.Path(__file__).parents[2]
_PAPER = [module.name for module in pkgutil.iter_modules(paper.__path__)]


def test_every_published_experiment_is_valid():
    for method, backbone in itertools.product(
        published.METHODS, published.BACKBONES
    ):
        validation.validate(pouring.get_config(f"{method},{backbone}"))
        for action in penn_action.ACTIONS:
            config = penn_action.get_config(f"{action},{method},{backbone}")
            validation.validate(config)
            assert config.data.datasets == (f"penn_action/{action}",)


@pytest.mark.parametrize("name", _PAPER)
def test_a_file_of_the_paper_is_what_its_name_says(name):
    module = importlib.import_module(f"tcc.configs.paper.{name}")
    words = re.fullmatch(r"(pouring|penn_action)_(resnet50|vggm)_(\w+)", name)
    assert words
    dataset, backbone, method = words.groups()
    loss = re.search("_(regression_mse|classification)$", method)
    method = method.removesuffix(loss[0]) if loss else method
    if dataset == "pouring":
        config = module.get_config()
        expected = pouring.get_config(f"{method},{backbone}")
    else:
        config = module.get_config("bowling")
        expected = penn_action.get_config(f"bowling,{method},{backbone}")
        assert module.get_config().data.datasets == (
            "penn_action/baseball_pitch",
        )
    if loss:
        expected.algorithm.alignment.loss_type = loss[1]
    validation.validate(config)
    assert config == expected


def test_the_numbers_of_the_paper_are_those_of_its_files():
    text = (_ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `paper/(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(_PAPER)
    for name, cells in rows:
        module = importlib.import_module(f"tcc.configs.paper.{name}")
        in_file, in_table = (
            re.findall(r"\d\d\.\d\d|\.\d{4}", where)
            for where in (str(module.__doc__), cells)
        )
        assert in_file == in_table
        assert len(in_file) in (3, 5)


def test_choices_are_words_in_any_order():
    config = penn_action.get_config("vggm,tcc_tcn,bowling")
    assert config.data.datasets == ("penn_action/bowling",)
    assert config.model.backbone == "vggm"
    assert config.model.weights == "none"
    assert config.algorithm.name == "combination"
    assert config.algorithm.combination.objectives == ("alignment", "tcn")
    assert config.algorithm.combination.weights == (0.5, 0.5)
    assert config.eval.kendalls_tau_stride == 2


def test_what_is_not_chosen_is_the_papers_main_experiment():
    config = pouring.get_config()
    assert config.algorithm.name == "alignment"
    assert config.model.backbone == "resnet50v2"
    assert config.model.train_base == "only_bn"
    assert (config.train.batch_size, config.data.num_steps) == (2, 20)
    assert config.train.max_steps == 150_000
    assert config.optimizer.learning_rate == 1e-4
    assert config.eval.kendalls_tau_stride == 5


@pytest.mark.parametrize("choices", ["tcm", "tcc,sal", "tcc,bowling"])
def test_impossible_choices_are_named(choices):
    with pytest.raises(ValueError, match=r"one method of tcc.*one backbone"):
        pouring.get_config(choices)


@pytest.mark.parametrize(
    "config",
    [
        "penn_action:squats,tcn,vggm",
        "configs/penn_action.py:squats",
        "paper/penn_action_vggm_sal:squats",
    ],
)
def test_the_command_line_takes_the_choices(config, pytestconfig):
    code = """
import sys
from absl import flags
from tcc import command_line, train  # train defines --config
def main(argv):
    print(flags.FLAGS.config.data.datasets)
command_line.run(main)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, f"--config={config}"],
        capture_output=True,
        text=True,
        cwd=pytestconfig.rootpath,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "('penn_action/squats',)\n"


def test_a_bad_choice_ends_a_command_with_one_message(pytestconfig):
    ran = subprocess.run(
        [sys.executable, "-m", "tcc.train", "--config=pouring:tcm"],
        capture_output=True,
        text=True,
        cwd=pytestconfig.rootpath,
    )
    assert ran.returncode == 2
    assert "one method of tcc" in ran.stderr
    assert "Traceback" not in ran.stderr
