"""A checkpoint that cannot be read: the one before it, and a word about it."""

import copy
import pathlib
import shutil

import pytest
import tensorflow as tf

from tcc.evaluation.checkpoints import checkpoint_evaluation, continuous
from tcc.training import checkpoint_reading, checkpoints, log_folder, loop
from tests import conftest
from tests.robustness import runs

_DATA = "ckpt-{}.data-00000-of-00001"


def _cut(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: pathlib.Path) -> None:
    content = bytearray(path.read_bytes())
    content[40::1000] = bytes(x ^ 0xFF for x in content[40::1000])
    path.write_bytes(content)


_DAMAGES = {
    "data cut": lambda folder, step: _cut(folder / _DATA.format(step)),
    "data empty": lambda folder, step: (
        folder / _DATA.format(step)
    ).write_bytes(b""),
    "data flipped": lambda folder, step: _flip(folder / _DATA.format(step)),
    "data missing": lambda folder, step: (folder / _DATA.format(step)).unlink(),
    "index cut": lambda folder, step: _cut(folder / f"ckpt-{step}.index"),
    "index empty": lambda folder, step: (
        folder / f"ckpt-{step}.index"
    ).write_bytes(b""),
    "index flipped": lambda folder, step: _flip(folder / f"ckpt-{step}.index"),
    "index garbage": lambda folder, step: (
        folder / f"ckpt-{step}.index"
    ).write_bytes(b"\x93garbage" * 99),
}


@pytest.fixture(scope="module")
def finished(tiny_data_dir, tmp_path_factory):
    """A run of 6 steps, with checkpoints 0, 2, 4 and 6; do not write to it."""
    folder = tmp_path_factory.mktemp("finished")
    loop.train(conftest.make_tiny_config(tiny_data_dir), folder)
    return folder


@pytest.fixture
def logdir(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


@pytest.mark.parametrize("damage", _DAMAGES)
def test_reading_falls_back_and_says_so(logdir, damage, caplog):
    folder = logdir / "checkpoints"
    _DAMAGES[damage](folder, 6)
    assert checkpoint_reading.find_damage(folder / "ckpt-6")
    assert checkpoints.restore_encoder(logdir)[2] == 4
    assert f"{folder / 'ckpt-6'} cannot be read: " in caplog.text
    assert "Falling back to ckpt-4." in caplog.text
    _DAMAGES[damage](folder, 4)
    assert checkpoints.restore_algorithm(logdir)[2] == 2
    # Who asks for it by name wants no other.
    for name in ("6", "ckpt-4", folder / "ckpt-6"):
        with pytest.raises(ValueError, match=r"ckpt-[46].*is damaged"):
            checkpoints.restore_encoder(logdir, name)


def test_a_good_checkpoint_has_no_damage(logdir, caplog):
    assert not checkpoint_reading.find_damage(logdir / "checkpoints" / "ckpt-6")
    assert checkpoints.restore_encoder(logdir)[2] == 6
    assert "cannot be read" not in caplog.text


@pytest.mark.parametrize(
    "damage",
    ["data cut", pytest.param("index flipped", marks=pytest.mark.slow)],
)
def test_training_goes_on_from_the_one_before(
    logdir, finished, tiny_config, damage, caplog
):
    (logdir / "training_done").unlink()
    _DAMAGES[damage](logdir / "checkpoints", 6)
    _DAMAGES[damage](logdir / "checkpoints", 4)
    assert loop.train(tiny_config, logdir) == 6
    assert caplog.text.count("Falling back to ckpt-2.") == 2
    runs.assert_same(logdir, finished, 6)
    runs.assert_same(logdir, finished, 4)
    found = checkpoints.list_checkpoints(logdir)
    assert [step for step, _ in found] == [0, 2, 4, 6]


def test_a_damaged_newer_one_never_pushes_out_a_good_one(logdir, tiny_config):
    _DAMAGES["data cut"](logdir / "checkpoints", 6)
    tiny_config = copy.deepcopy(tiny_config)
    tiny_config.train.keep_checkpoints = 1
    tiny_config.train.checkpoint_interval = 100
    tiny_config.train.max_steps = 5
    assert loop.train(tiny_config, logdir) == 5
    assert [step for step, _ in checkpoints.list_checkpoints(logdir)] == [5, 6]
    assert checkpoints.restore_encoder(logdir)[2] == 5


def test_without_a_good_one_the_error_says_what_is_wrong(logdir, tiny_config):
    for step in (0, 2, 4, 6):
        _DAMAGES["data cut"](logdir / "checkpoints", step)
    for attempt in (
        lambda: loop.train(tiny_config, logdir),
        lambda: checkpoints.restore_encoder(logdir),
    ):
        with pytest.raises(ValueError, match="can be read:") as error:
            attempt()
        for step in (0, 2, 4, 6):
            assert f"ckpt-{step} cannot be read: " in str(error.value)
        assert "train again in a new log folder" in str(error.value)


def test_a_kept_checkpoint_is_the_last_resort(logdir):
    folder = logdir / "checkpoints"
    (folder / "kept").mkdir()
    for path in folder.glob("ckpt-2.*"):
        path.rename(folder / "kept" / path.name)
    for step in (0, 4, 6):
        _DAMAGES["index cut"](folder, step)
    assert checkpoints.restore_encoder(logdir)[2] == 2


def test_evaluation_falls_back(logdir, caplog):
    _DAMAGES["data flipped"](logdir / "checkpoints", 6)
    evaluation = checkpoint_evaluation.evaluate_checkpoint(
        logdir, settings={"tasks": ("kendalls_tau",)}, untrained=False
    )
    assert evaluation.step == 4
    assert "Falling back to ckpt-4." in caplog.text


@pytest.mark.slow
def test_continuous_evaluation_passes_a_damaged_one_over(logdir, caplog):
    _DAMAGES["data flipped"](logdir / "checkpoints", 4)
    log_folder.mark_done(logdir, 6)
    found = continuous.evaluate_continuously(
        logdir,
        settings={"tasks": ("kendalls_tau",)},
        with_untrained=False,
        poll_seconds=0.1,
    )
    assert [evaluation.step for evaluation in found] == [0, 2, 6]
    assert "ckpt-4 cannot be read: " in caplog.text


def test_tensorflows_own_function_finds_the_newest(logdir):
    folder = logdir / "checkpoints"
    assert tf.train.latest_checkpoint(str(folder)) == str(folder / "ckpt-6")
