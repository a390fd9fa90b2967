"""The paper's experiments: every choice is valid, and chosen as asked for."""

import dataclasses
import importlib
import itertools
import json
import pathlib
import re

import pytest

from tcc.configs import (
    paper,
    penn_action,
    pouring,
    schema,
    serialization,
    validation,
)
from tcc.configs.checks import fields
from tcc.configs.papers import data_sets, experiments
from tcc.configs.papers import temporal_cycle_consistency as table
from tcc.datasets.builders.penn_action import actions

_ROOT = pathlib.Path(__file__).parents[2]
_KNOWN = json.loads(
    (pathlib.Path(__file__).parent / "experiments.json").read_text("utf-8")
)

# A paper as they may come: splits instead of actions, another backbone, one
# column in percent and one in seconds, a number from elsewhere.
_UCF101 = experiments.DataSet(
    "ucf101",
    "UCF101",
    {"data.num_steps": 16, "eval.tasks": ("kendalls_tau",)},
    variant_kind="split",
    variants=("split1", "split2"),
)
_SMALL = experiments.Part(
    "small",
    "a small network",
    {"model.backbone": "small", "model.weights": "none"},
)
_LATER_PAPER = experiments.Paper(
    citation="Nobody, 2030",
    metrics=(experiments.Metric("top 1", 1), experiments.Metric("s", 0)),
    backbones=experiments.by_name(_SMALL, table.VGGM),
    methods=experiments.by_name(table.SAL, table.TCN),
    experiments=(
        *experiments.block(
            _UCF101, _SMALL, (table.SAL, 50.94, 120.0), (table.TCN, 51.0, None)
        ),
        experiments.Experiment(
            _UCF101, table.VGGM, table.SAL, (9.0, 7.0), source="erratum"
        ),
    ),
)


@pytest.mark.parametrize("name", _KNOWN)
def test_an_experiment_is_what_it_always_was(name):
    # Fields that differ from the defaults, as they were when each experiment
    # had a file with its settings written out.
    module, _, choice = name.partition("/")
    get_config = importlib.import_module(f"tcc.configs.{module}").get_config
    config = get_config(choice) if choice else get_config()
    changed = serialization.differences(schema.ExperimentConfig(), config)
    found = {path: value for path, (_, value) in changed.items()}
    assert json.loads(json.dumps(found)) == _KNOWN[name]


def test_no_published_experiment_is_left_out_of_these():
    known = {name.removeprefix("paper/") for name in _KNOWN}
    assert set(paper.EXPERIMENTS) <= known
    assert len(paper.EXPERIMENTS) == sum(
        len(paper_.experiments) for paper_ in paper.PAPERS
    )  # no two of one name


@pytest.mark.parametrize("paper_", paper.PAPERS, ids=lambda p: p.citation)
def test_every_combination_of_a_paper_is_valid(paper_):
    sets = {e.data_set.name: e.data_set for e in paper_.experiments}
    for data_set, method, backbone in itertools.product(
        sets.values(), paper_.methods, paper_.backbones
    ):
        for variant in data_set.variants or ("",):
            config = paper_.choose(data_set, f"{variant},{method},{backbone}")
            validation.validate(config)
            assert config.data.datasets == (data_set.prepared(variant),)
    for experiment in paper_.experiments:
        validation.validate(experiment.config())


def test_a_published_experiment_takes_a_variant_after_a_colon():
    config = paper.get_config("penn_action_vggm_tcn:squats")
    assert config == penn_action.get_config("squats,tcn,vggm")
    first = paper.get_config("penn_action_vggm_tcn")
    assert first.data.datasets == ("penn_action/baseball_pitch",)


def test_the_actions_are_those_of_the_data_set():
    assert data_sets.PENN_ACTION.variants == tuple(actions.BY_NAME)


def test_the_document_has_the_tables():
    text = (_ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    for paper_ in paper.PAPERS:
        assert paper_.table() in text, f"The table is:\n{paper_.table()}"
        words = re.findall(r"\w+", paper_.citation)
        assert re.search(r"\W+".join(words), text)


def test_the_papers_numbers():
    # Of tables that are easily mixed up: the last columns of TCC with ResNet-50
    # and VGG-M, and its first ones on Penn Action.
    results = {e.name: e.results for e in table.PAPER.experiments}
    assert results["pouring_resnet50_tcc"][3:] == (0.8030, 0.8516)
    assert results["pouring_vggm_tcc"][3:] == (0.7750, 0.7504)
    assert results["penn_action_resnet50_tcc"][:3] == (81.26, 83.35, 84.45)
    assert results["pouring_resnet50_tcc_classification"] == (
        *(None, None, 88.06),
        *(0.6636, 0.6707),
    )
    assert all(len(row) == 5 for row in results.values())


def test_a_later_paper_is_a_table_too():
    assert _LATER_PAPER.table() == (
        "| `--config=` | top 1 | s |\n"
        "| --- | --- | --- |\n"
        "| `paper/ucf101_small_sal` | 50.9 | 120 |\n"
        "| `paper/ucf101_small_tcn` | 51.0 | - |\n"
        "| `paper/ucf101_vggm_sal` (erratum) | 9.0 | 7 |\n"
    )
    config = _LATER_PAPER.experiments[1].config("split2")
    assert config.data.datasets == ("ucf101/split2",)
    assert config.data.num_steps == 16
    assert config.model.backbone == "small"
    assert config.algorithm.name == "tcn"
    assert config.eval.tasks == ("kendalls_tau",)
    default = _LATER_PAPER.choose(_UCF101)
    assert default.data.datasets == ("ucf101/split1",)
    with pytest.raises(ValueError, match=r"one split of split1, split2; one m"):
        _LATER_PAPER.choose(_UCF101, "bowling")


def test_a_row_with_too_few_numbers_is_no_table():
    row = dataclasses.replace(_LATER_PAPER.experiments[0], results=(50.9,))
    broken = dataclasses.replace(_LATER_PAPER, experiments=(row,))
    with pytest.raises(ValueError, match="zip"):
        broken.table()


@pytest.mark.parametrize("path", ["train.batchsize", "optimiser.name", "size"])
def test_a_setting_must_be_a_field(path):
    with pytest.raises(ValueError, match=rf"config\.{path} is not a field"):
        fields.set_fields(schema.ExperimentConfig(), {path: 4})


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
    ("choice", "message"),
    [
        ("", "one of:\n  pouring_resnet50_supervised: Pouring, supervised"),
        ("pouring_resnet50", "penn_action_vggm_tcc: Penn Action, TCC, VGG-M"),
        ("pouring_vggm_tcc:squats", "pouring takes nothing after the colon"),
        ("penn_action_vggm_tcc:squat", "takes one action of baseball_pitch, "),
        ("penn_action_vggm_tcc:squats,tcc", "Received: 'squats,tcc'"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(choice, message):
    with pytest.raises(ValueError, match=message):
        paper.get_config(choice)
