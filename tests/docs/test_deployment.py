"""The code of docs/deployment.md runs as it is written."""

import pathlib
import re
import shutil

import pytest

import tcc
from tcc.inference import export_files
from tests.evaluation import checkpoint_folders
from tests.inference import runs

_DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/deployment.md"


@pytest.mark.slow
def test_the_code_of_the_document_runs(tmp_path, monkeypatch):
    config = runs.small_config()
    checkpoint_folders.write_checkpoints(
        tmp_path / "runs/my_clips", config, [1000]
    )
    shutil.copy(runs.VIDEO, tmp_path / "clip.mp4")
    text = _DOCUMENT.read_text(encoding="utf-8")
    outputs = re.findall(r"^python -m tcc.export .*--output=(\S+)$", text, re.M)
    assert len(outputs) == 3
    model = tcc.load(tmp_path / "runs/my_clips")
    for output in outputs:
        kind = export_files.choose_format(output)
        export_files.write(model, tmp_path / output, kind)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        # The exported networks see two frames a step.
        names["frames"] = runs.random_frames(4, 32, 32)
        names["steps"] = runs.random_frames(3, 2, 32, 32)
        if "load_model" in block:
            names["frames"] = names["steps"]
        exec(block, names)
        if "embs =" in block:
            assert names["embs"].shape[-1] == 8
