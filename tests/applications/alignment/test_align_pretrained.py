"""Real clips aligned with a pretrained network, stopped in between."""

import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tcc.configs import serialization
from tcc.evaluation.embedding import embedding_files
from tcc.training import checkpoints

_CLIPS = pathlib.Path(__file__).parents[2] / "data" / "g1_bottle"
_LIMIT = 240  # seconds that anything may take on a busy machine


@pytest.fixture(name="command")
def _command(tmp_path):
    """Aligns three clips in tmp_path/out."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for path in _CLIPS.rglob("*.mp4"):
        (folder / path.name).symlink_to(path)
    return [
        sys.executable,
        "-m",
        "tcc.align_videos",
        f"--videos={folder}/*.mp4",
        f"--output={tmp_path}/out",
        "--minutes=0.3",
    ]


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_resumes(command, tmp_path):
    run = tmp_path / "out" / "run"
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=file, text=True
        )
        try:
            ends = time.monotonic() + _LIMIT
            while b"loss=" not in log.read_bytes():  # training is under way
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < ends
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=_LIMIT)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "the same command goes on" in output
    assert "Traceback" not in log.read_text()
    assert not (tmp_path / "out" / "grid.mp4").exists()
    saved = checkpoints.list_checkpoints(run)[-1][0]
    assert saved > 0
    (features,) = (tmp_path / "out" / "features").glob("*/features.bin")
    written = features.stat().st_mtime_ns

    again = subprocess.run(
        command, capture_output=True, text=True, timeout=2 * _LIMIT
    )
    assert again.returncode == 0, again.stderr
    assert features.stat().st_mtime_ns == written
    first = re.search(r"(\d+)/1500 ", again.stderr)
    assert first is not None and int(first[1]) == saved
    found = embedding_files.load(tmp_path / "out" / "embeddings.npz")
    assert found.step > saved
    assert found.num_videos == 3
    assert all(np.isfinite(embs).all() for embs in found.embs)
    for name in ("index.html", "grid.mp4", "switching.mp4"):
        assert (tmp_path / "out" / name).stat().st_size > 1000
    config = serialization.load(run)
    assert config.model.embedder == "light"
    assert config.model.train_base == "frozen"
