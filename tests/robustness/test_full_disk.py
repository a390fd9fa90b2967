"""A full disk: one clear error, what was there stays, and it goes on."""

import errno
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from tcc import inference
from tcc.command_line import running
from tcc.configs import serialization
from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.report import results
from tcc.inference import export_files
from tcc.io import atomic_files, write_errors
from tcc.training import (
    checkpoint_reading,
    checkpoints,
    log_folder,
    loop,
    summaries,
)
from tcc.video import files
from tests.evaluation import checkpoint_folders
from tests.robustness import disks, runs

_NO_SPACE = r"No space left on device.*Free some space, or write to another"


@pytest.fixture
def disk(tmp_path):
    """A file system of 8 MB; a checkpoint of the tiny network takes 1.4 MB."""
    with disks.mounted(tmp_path / "disk", kilobytes=8192) as folder:
        yield folder


def _assert_no_space(error: OSError, folder: pathlib.Path) -> None:
    assert error.errno == errno.ENOSPC
    assert str(folder) in str(error)


@pytest.mark.parametrize(
    "leave_bytes", [300_000, pytest.param(0, marks=pytest.mark.slow)]
)
def test_a_checkpoint_that_does_not_fit(
    tiny_config, tmp_path, disk, leave_bytes
):
    logdir = disk / "run"
    first = serialization.from_dict(serialization.to_dict(tiny_config))
    first.train.max_steps = 2
    loop.train(first, logdir)
    before = disks.files_in(logdir / "checkpoints")
    # The scalars of step 4 still fit in what is left.
    ballast = disks.fill(disk, leave_bytes=leave_bytes + 16_384)
    tiny_config.train.report_interval = 100
    with pytest.raises(OSError, match=_NO_SPACE) as error:
        loop.train(tiny_config, logdir)
    _assert_no_space(error.value, logdir / "checkpoints")
    assert "MB needed" in str(error.value)
    assert "MB free" in str(error.value)
    assert disks.files_in(logdir / "checkpoints") == before
    assert serialization.load(logdir) == tiny_config
    for _, path in checkpoints.list_checkpoints(logdir):
        assert not checkpoint_reading.find_damage(path)
    ballast.unlink()
    assert loop.train(tiny_config, logdir) == 6
    loop.train(tiny_config, tmp_path / "elsewhere")
    runs.assert_same(logdir, tmp_path / "elsewhere", 6)


def test_a_log_folder_that_cannot_be_begun(tiny_config, disk):
    ballast = disks.fill(disk)
    with pytest.raises(OSError, match="No space left on device") as error:
        loop.train(tiny_config, disk / "run")
    _assert_no_space(error.value, disk / "run")
    ballast.unlink()
    log_folder.claim(disk / "run", tiny_config)
    assert serialization.load(disk / "run") == tiny_config


def test_a_process_killed_before_it_began_left_nothing_in_the_way(
    tiny_config, tmp_path
):
    (tmp_path / "lock").touch()
    left = tmp_path / f"{atomic_files.UNFINISHED}7-0-config.json"
    left.write_text("{")
    log_folder.claim(tmp_path, tiny_config)
    assert serialization.load(tmp_path) == tiny_config
    assert not left.exists()


def test_summaries_on_a_full_disk(disk):
    folder = disk / "train"
    writer = summaries.Summaries(folder)
    writer.write_scalars({"loss": 1.0}, 1)
    ballast = disks.fill(disk)
    pictures = np.random.default_rng(0).integers(
        0, 256, (2, 3, 32, 32, 3), np.uint8
    )
    with pytest.raises(OSError, match="No space left on device") as error:
        writer.write_images(pictures, np.zeros((2, 3, 4), np.float32), 2)
    _assert_no_space(error.value, folder)
    ballast.unlink()
    writer.close()
    (path,) = folder.glob("events.*")
    tags = []
    with pytest.raises(tf.errors.DataLossError):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            tags += [value.tag for value in event.summary.value]
    assert tags[:1] == ["loss"]  # what was written before is there


@pytest.mark.slow
def test_results_on_a_full_disk(tiny_config, disk):
    tiny_config.train.max_steps = 1
    loop.train(tiny_config, disk / "run")
    settings = {"tasks": ("kendalls_tau",)}

    def evaluate():
        return checkpoint_evaluation.evaluate_checkpoint(
            disk / "run", settings=settings, untrained=False
        )

    evaluate()
    before = (disk / "run" / results.RESULTS_FILE).read_text()
    ballast = disks.fill(disk)
    with pytest.raises(OSError, match=_NO_SPACE) as error:
        evaluate()
    _assert_no_space(error.value, disk / "run")
    assert (disk / "run" / results.RESULTS_FILE).read_text() == before
    ballast.unlink()
    assert evaluate().step == 1


def test_words_of_tensorflow_become_the_systems():
    error = tf.errors.ResourceExhaustedError(
        None, None, "/d/x; No space left on device"
    )
    with pytest.raises(OSError, match=_NO_SPACE), write_errors.as_os_error("d"):
        raise error
    # Of memory, that is.
    error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
    with (
        pytest.raises(tf.errors.ResourceExhaustedError),
        write_errors.as_os_error("d"),
    ):
        raise error


def test_space_is_tried_out(tmp_path):
    write_errors.require_space(tmp_path, 10_000)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="missing"):
        write_errors.require_space(tmp_path / "missing", 1)


def test_a_command_names_the_output_that_did_not_fit(capsys, monkeypatch):
    found = flags.FlagValues()
    flags.DEFINE_string("output", None, "A file.", flag_values=found)
    found(["command", "--output=/disk/found.png"])
    monkeypatch.setattr(flags, "FLAGS", found)

    def main(arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SystemExit) as stop:
        running._run_main(main, ["command"])
    assert stop.value.code == 2
    assert re.search(
        r"ERROR: .*No space left.* Free some space.*/disk/found\.png",
        capsys.readouterr().err,
    )


# Closing the file fails once more, where nobody waits for it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["e.keras", "e.weights.h5", "e"])
def test_an_export_that_does_not_fit(tiny_config, tmp_path, disk, name):
    checkpoint_folders.write_checkpoints(tmp_path / "run", tiny_config, [1])
    model = inference.load(tmp_path / "run")
    kind = export_files.choose_format(name)
    ballast = disks.fill(disk, leave_bytes=50_000)
    with pytest.raises(OSError, match=_NO_SPACE) as error:
        export_files.write(model, disk / name, kind)
    _assert_no_space(error.value, disk)
    assert disks.files_in(disk) <= {"ballast", "e.json"}
    ballast.unlink()
    assert export_files.write(model, disk / name, kind)[0] == disk / name


def test_a_video_that_does_not_fit(disk):
    frames = np.random.default_rng(0).integers(
        0, 256, (60, 128, 128, 3), np.uint8
    )
    ballast = disks.fill(disk, leave_bytes=20_000)
    with pytest.raises(OSError, match=_NO_SPACE) as error:
        files.write_video(disk / "video.mp4", frames, fps=10)
    _assert_no_space(error.value, disk)
    assert disks.files_in(disk) == {"ballast"}
    ballast.unlink()
    files.write_video(disk / "video.mp4", frames, fps=10)
    assert files.probe(disk / "video.mp4").num_frames == 60
