"""A configuration survives its JSON file, and a wrong file is named."""

import json

import pytest

from tcc.configs import demo, schema, serialization


def test_a_saved_configuration_is_read_back(tmp_path):
    config = demo.get_config()
    config.eval.classification_fractions = (0.25, 1.0)
    serialization.save(config, tmp_path / "new" / "folder")
    assert serialization.load(tmp_path / "new" / "folder") == config


def test_nothing_but_the_configuration_is_left_behind(tmp_path):
    serialization.save(schema.ExperimentConfig(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_missing_fields_keep_their_defaults():
    config = serialization.from_dict({"train": {"batch_size": 3}})
    expected = schema.ExperimentConfig()
    expected.train.batch_size = 3
    assert config == expected


def test_an_unknown_field_is_refused_by_its_path():
    with pytest.raises(ValueError, match=r"config\.train\.batchsize .*Rec"):
        serialization.from_dict({"train": {"batchsize": 3}})


def test_a_section_that_is_a_number_is_refused():
    with pytest.raises(ValueError, match=r"config\.train must be a section"):
        serialization.from_dict({"train": 3})


def test_a_folder_without_a_configuration_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        serialization.load(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1]", '{"train": {"seed": "x"}}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json .* a configuration"):
        serialization.load(tmp_path)


def test_differences_name_the_fields():
    old, new = schema.ExperimentConfig(), schema.ExperimentConfig()
    new.model.conv.capacity = 1
    new.train.seed = 7
    assert serialization.differences(old, new) == {
        "model.conv.capacity": (2, 1),
        "train.seed": (0, 7),
    }
    assert json.loads(json.dumps(serialization.to_dict(old)))
