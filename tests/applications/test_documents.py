"""The Python of the documents, run as it is written there."""

import importlib
import pathlib
import re
import warnings

import numpy as np
import pytest

from tcc.applications import clips as clips_lib
from tcc.applications import sound_transfer
from tests.evaluation import checkpoint_folders
from tests.video import prepared_videos

_PAGE = pathlib.Path(__file__).parents[2] / "docs" / "applications.md"
_SNIPPETS = {
    re.sub(r"\W+", "_", title).strip("_"): code
    for title, code in re.findall(
        r"^## \d+\. ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```",
        _PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, video_files):
    """What the snippets find: `run`, its data, and `clips` with sound."""
    folder = tmp_path_factory.mktemp("documents")
    prepared_videos.write(
        folder / "data",
        "tiny",
        lengths={
            "train": [14, 12, 13],
            "val": [18, 16, 15, 14, 13, 12, 17, 16],
        },
    )
    config = checkpoint_folders.small_config(folder / "data")
    checkpoint_folders.write_checkpoints(folder / "run", config, [20])
    (folder / "clips").mkdir()
    time = np.arange(16_000) / 8000
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    sound = sound_transfer.Sound(np.stack([tone, tone], axis=1), 8000)
    for path in video_files:
        sound_transfer.write_with_sound(
            path, sound, folder / "clips" / path.name
        )
    return folder


def test_every_application_has_a_snippet():
    sections = re.findall(r"^## \d+\. ", _PAGE.read_text(), re.MULTILINE)
    assert len(_SNIPPETS) == len(sections) == 8


@pytest.mark.parametrize("title", _SNIPPETS)
def test_snippet_runs(title, folder, monkeypatch, tiny_training, capsys):
    monkeypatch.chdir(folder)
    code = _SNIPPETS[title]
    lines = [x for x in code.splitlines() if x and "import" not in x]
    assert len(lines) <= 6
    for name in ("page.html", "sounding.mp4"):
        pathlib.Path(name).unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # t-SNE of few frames
        found: dict = {}
        exec(compile(code, title, "exec"), found)
    _CHECKS[title](found, capsys.readouterr().out)


def _check_alignment(found, printed):
    assert pathlib.Path("out/index.html").is_file()


def _check_page(found, printed):
    assert pathlib.Path("page.html").stat().st_size > 10_000


def _check_labels(found, printed):
    assert 0 <= float(printed) <= 1


def _check_sound(found, printed):
    heard = sound_transfer.read_sound("sounding.mp4")
    assert np.abs(heard.samples).max() > 0.1


def _check_anomalies(found, printed):
    assert found["found"].scores.shape == (20,)


def _check_hits(found, printed):
    assert len(printed.splitlines()) == 5
    assert "video_3 " not in printed  # the query's own


def _check_map(found, printed):
    assert found["picture"].shape == (720, 720, 3)


def _check_progress(found, printed):
    assert found["found"].mean.shape == found["rewards"].shape == (18,)


_CHECKS = dict(
    zip(
        _SNIPPETS,
        (
            _check_alignment,
            _check_page,
            _check_labels,
            _check_sound,
            _check_anomalies,
            _check_hits,
            _check_map,
            _check_progress,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize(
    "name",
    (
        "anomaly",
        "embedding_map",
        "label_transfer",
        "alignment.playback",
        "progress",
        "retrieval",
        "sound_transfer",
    ),
)
def test_example_in_a_docstring_runs(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    module = importlib.import_module(f"tcc.applications.{name}")
    lines = str(module.__doc__).splitlines()
    code = [x for x in lines if re.match(r"\s*([\w, .]+ = )?\w+\.\w+[(,]", x)]
    assert code
    clips = clips_lib.from_files(
        clips_lib.list_files("clips/*.mp4"), "run"
    ).select([0, 1, 2, 0])
    data = clips.embeddings
    names = {
        name.rpartition(".")[2]: module,
        "clips": clips,
        "videos": clips.videos,
        "embeddings": data,
        "reference": data.select([0]),
        "reference_embs": data.embs[:3],
        "reference_labels": [np.zeros(20, int)] * 3,
        "embs": data.embs if name == "retrieval" else data.embs[1],
        "query": data.embs[0][3],
        "lengths": [20] * 4,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec("\n".join(x.strip() for x in code), names)
