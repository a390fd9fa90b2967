"""What all commands have in common, and the command that transfers labels."""

import csv
import importlib
import json
import pathlib
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from tcc import extract_embeddings, transfer_labels

_COMMANDS = (
    "align_videos",
    "play_together",
    "transfer_labels",
    "transfer_sound",
    "detect_anomalies",
    "retrieve_frames",
    "map_embeddings",
    "measure_progress",
)


def _run(command, **values):
    with flagsaver.as_parsed(**values):
        flags.FLAGS.mark_as_parsed()
        return command.main([])


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_is_documented_and_lives_beside_the_others(name):
    module = importlib.import_module(f"tcc.{name}")  # no flag twice
    assert f"python -m tcc.{name}" in str(module.__doc__)
    root = pathlib.Path(__file__).parents[2]
    assert (
        f"python -m tcc.{name}" in (root / "docs/applications.md").read_text()
    )
    script = f'tcc-{name.replace("_", "-")} = "tcc.{name}:console"'
    assert script in (root / "pyproject.toml").read_text()


def test_commands_import_nothing_heavy_before_they_work():
    modules = ", ".join(f"tcc.{name}" for name in _COMMANDS)
    code = f"import sys, {modules}; print('tensorflow' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=pathlib.Path(__file__).parents[2],
    )
    assert found.stdout.strip() == "False"


def test_labels_from_an_embeddings_file(logdir, data_dir, tmp_path, capsys):
    _run(
        extract_embeddings,
        logdir=str(logdir),
        output=str(tmp_path),
        splits="train",
    )
    capsys.readouterr()
    _run(
        transfer_labels,
        embeddings=str(tmp_path / "tiny_train.npz"),
        data_dir=str(data_dir),
        references="video_0",
        output=str(tmp_path / "labels"),
    )
    printed = capsys.readouterr().out
    assert "1 videos labelled from video_0" in printed
    assert "% of their frames agree" in printed
    content = json.loads((tmp_path / "labels" / "labels.json").read_text())
    assert list(content) == ["video_1"]
    with (tmp_path / "labels" / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert {row["confidence"] for row in rows} == {"1.000"}
    assert (tmp_path / "labels" / "timeline.png").is_file()


def test_labels_of_files_from_labelled_files(
    logdir, video_files, tmp_path, capsys
):
    labels = tmp_path / "labels.json"
    spans = {"0": [0, 950_000], "1": [950_000, 2_000_000]}
    labels.write_text(json.dumps({"clip 0": {"me": spans}}))
    _run(
        transfer_labels,
        logdir=str(logdir),
        videos=str(video_files[0].parent / "clip [12].mp4"),
        reference_videos=str(video_files[0]),
        reference_labels=str(labels),
        output=str(tmp_path / "out"),
    )
    assert "agree" not in capsys.readouterr().out  # nothing to compare with
    content = json.loads((tmp_path / "out" / "labels.json").read_text())
    # Grey 1/2 ends the phase at t^2 = 1/2 and t^.5 = 1/2 of 1.9 s.
    for name, expected in (("clip 1", 0.71 * 1.9), ("clip 2", 0.25 * 1.9)):
        end = content[name]["transferred"]["0"][1] / 1e6
        assert end == pytest.approx(expected, abs=0.25)


def test_named_phases_of_a_table_are_transferred(logdir, video_files, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("video,start,end,phase\nclip 0,0,1,up\nclip 0,1,2,down\n")
    settings = {
        "logdir": str(logdir),
        "videos": str(video_files[1]),
        "reference_videos": str(video_files[0]),
        "reference_labels": str(table),
    }
    with pytest.raises(ValueError, match="with --label_names, a name"):
        _run(transfer_labels, output=str(tmp_path / "a"), **settings)
    _run(
        transfer_labels,
        output=str(tmp_path / "out [1]"),
        label_names="up,down",
        **settings,
    )
    with (tmp_path / "out [1]" / "labels.csv").open() as file:
        assert {row["phase"] for row in csv.DictReader(file)} <= {"up", "down"}


def test_missing_flags_are_named(tmp_path):
    with pytest.raises(ValueError, match="--output"):
        _run(transfer_labels)
    with pytest.raises(ValueError, match="--logdir"):
        _run(transfer_labels, output=str(tmp_path))
