"""Settings that no machine can hold are refused by name."""

import dataclasses
import typing

import pytest

from tcc.configs import schema, serialization, validation
from tcc.configs.checks import fields, size_checks


def _with(**changes) -> schema.ExperimentConfig:
    config = schema.ExperimentConfig()
    for path, value in changes.items():
        *sections, name = path.split("__")
        section = config
        for part in sections:
            section = getattr(section, part)
        setattr(section, name, value)
    return config


def _refusal(**changes) -> str:
    with pytest.raises(ValueError, match="cannot work") as error:
        validation.validate(_with(**changes))
    return str(error.value)


def _whole_numbers(kind, prefix=""):
    for name, hint in typing.get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint):
            yield from _whole_numbers(hint, f"{prefix}{name}.")
        elif hint is int or hint == tuple[int, ...]:
            yield prefix + name


def test_every_whole_number_has_a_limit():
    assert set(size_checks.MOST) == set(_whole_numbers(schema.ExperimentConfig))


@pytest.mark.parametrize("path", size_checks.MOST)
def test_one_more_than_the_limit_is_refused(path):
    most = size_checks.MOST[path]
    config = schema.ExperimentConfig()
    before = fields.get_field(config, path)
    for value, is_refused in ((most, False), (most + 1, True)):
        changed = (value,) if isinstance(before, tuple) else value
        config = _with(**{path.replace(".", "__"): changed})
        found = size_checks.find_problems(config)
        line = f"config.{path} must be at most {most:,}"
        assert any(line in problem for problem in found) == is_refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model__conv__conv_channels": (10**6,)},
            "config.model.conv.conv_channels must be at most 65,536",
        ),
        (
            {"model__conv__kernel_size": 10**6},
            "config.model.conv.kernel_size must be at most 99",
        ),
        (
            {"model__conv__fc_channels": (8,) * 101},
            "config.model.conv.fc_channels must have at most 100 layers",
        ),
        # 2 * 40,000 = 80,000 channels; 3 * 3 * 3 * 80,000^2 = 1.7e11.
        (
            {"model__conv__conv_channels": (40_000, 40_000)},
            "config.model.conv must have narrower layers or smaller kernels: "
            "these would have 1.7e+11 parameters",
        ),
        # 3 * (512 * 60,000 + 60,000^2) = 1.1e10.
        (
            {
                "model__embedder": "convgru",
                "data__num_context": 1,
                "model__convgru__gru_units": (60_000,),
            },
            "config.model.convgru must have narrower layers",
        ),
        # 100^2 cells of 128 channels, each to 60,000: 7.7e10.
        (
            {
                "model__embedder": "light",
                "model__feature_grid": 100,
                "model__light__fc_channels": (60_000,),
            },
            "config.model.light must have narrower layers",
        ),
        # 1,000 * 1,000 * 2 * 3 * 224^2 = 3.0e11.
        (
            {"train__batch_size": 1000, "data__num_steps": 1000},
            "config.train.batch_size times data.num_steps",
        ),
        # 1e6 * 3 * 224^2 = 1.5e11.
        (
            {"eval__frames_per_chunk": 10**6},
            "config.eval.frames_per_chunk times data.image_size",
        ),
        (
            {"optimizer__learning_rate": 1e35},
            "config.optimizer.learning_rate must be finite, up to 1e+30",
        ),
        (
            {"data__augmentation__contrast_upper": float("nan")},
            "config.data.augmentation.contrast_upper must be finite",
        ),
        ({"data__data_dir": "a\0b"}, "config.data.data_dir must be text"),
        ({"data__datasets": ("a" * 10_001,)}, "config.data.datasets must be"),
        ({"data__view_pattern": "(" * 9000}, "config.data.view_pattern"),
    ],
)
def test_what_fits_no_machine_is_refused(changes, message):
    assert message in _refusal(**changes)


def test_a_large_network_is_not_refused():
    """The paper's embedder, eight times as wide, on large frames."""
    validation.validate(
        _with(
            model__conv__capacity=16,
            data__image_size=1024,
            data__num_steps=200,
            train__batch_size=8,
        )
    )


def test_a_huge_number_is_not_printed_whole():
    text = _refusal(train__batch_size=10**1000)
    assert "config.train.batch_size must be at most 1,000,000" in text
    assert len(text) < 500


def test_a_configuration_of_a_stranger_imports_nothing(tmp_path, monkeypatch):
    written = tmp_path / "written"
    (tmp_path / "payload.py").write_text(
        f"import pathlib\npathlib.Path({str(written)!r}).touch()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("payload", "payload.X", "payload:X"):
        config = _with(model__backbone=name)
        serialization.save(config, tmp_path)
        with pytest.raises(ValueError, match=r"model\.backbone must be one of"):
            serialization.load(tmp_path)
    assert not written.exists()
