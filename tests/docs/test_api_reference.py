"""The command of docs/api.md writes the API reference."""

import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from tests.docs import test_code_map

_ROOT = pathlib.Path(__file__).parents[2]


def _arguments():
    text = (_ROOT / "docs/api.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^pdoc (.*?)\n```", text, re.DOTALL | re.MULTILINE)
    return shlex.split(command.replace("\\\n", " "))


def _write(folder, modules=()):
    """Runs the command, perhaps for some modules; returns the pages."""
    pytest.importorskip("pdoc")
    arguments = [
        str(folder) if argument == "api_reference" else argument
        for argument in _arguments()
        if not modules or not argument.startswith("tcc.")
    ]
    subprocess.run(
        [sys.executable, "-m", "pdoc", *arguments, *modules],
        check=True,
        cwd=_ROOT,
    )
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_every_package_is_in_the_reference():
    packages = {a for a in _arguments() if a.startswith("tcc.")}
    assert packages == {
        f"tcc.{name}" for name in test_code_map._documented_imports() if True
    }


def test_a_part_of_the_reference_is_written(tmp_path):
    pages = _write(tmp_path / "out", ["tcc.alignment", "tcc.configs.schema"])
    assert {"index.html", "tcc/alignment/losses.html"} <= pages
    content = (tmp_path / "out/tcc/alignment.html").read_text(encoding="utf-8")
    # Google's sections are recognised, not left as text.
    assert "compute_alignment_loss" in content
    assert re.search(r"<h6[^>]*>Arguments", content)


@pytest.mark.slow
def test_the_whole_reference_is_written(tmp_path):
    pages = _write(tmp_path / "out")
    assert {
        "tcc/inference.html",
        "tcc/datasets/builders/video_folder/decoding.html",
        "tcc/evaluation/tasks/kendalls_tau.html",
    } <= pages
