import pathlib

import pytest

from tcc.datasets import registry
from tcc.datasets.preparing import generation


def _create(dataset, **arguments):
    return registry.create_builder(
        dataset,
        data_dir=pathlib.Path("unused"),
        options=generation.GenerationOptions(),
        arguments=arguments,
    )


def test_a_config_is_found_by_name():
    assert _create("pouring_synthetic/hard").builder_config.name == "hard"
    assert _create("pouring_synthetic").builder_config.name == "easy"


@pytest.mark.parametrize(
    ("dataset", "arguments", "message"),
    [
        (
            "puring",
            {},
            r"one of penn_action, pouring, .*Received: 'puring'",
        ),
        ("pouring_synthetic/x", {}, r"easy, hard, anomalies. Received: 'x'"),
        (
            "pouring_synthetic",
            {"fps": 5},
            r"--fps is not an option .*takes no options. Received: 5",
        ),
        ("video_folder", {}, r"'video_folder' needs --videos"),
        (
            "video_folder/a",
            {"videos": ".", "name": "b"},
            "Received: 'a' and 'b'",
        ),
        (
            "video_folder",
            {"videos": ".", "name": "../b"},
            r"letters, digits.*Received: '\.\./b'",
        ),
        (
            "video_folder",
            {"videos": ".", "name": "b", "fps": 0.0},
            r"--fps must be positive. Received: 0.0",
        ),
        (
            "video_folder",
            {"videos": ".", "name": "b", "size": -1},
            r"--size must be positive. Received: -1",
        ),
    ],
)
def test_what_cannot_be_prepared_is_refused(dataset, arguments, message):
    with pytest.raises(ValueError, match=message):
        _create(dataset, **arguments)
