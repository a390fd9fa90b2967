"""Names from strangers' files: no way out of a folder, no script in a page."""

import ast
import dataclasses
import html
import html.parser
import pathlib

import numpy as np

from tcc.applications.alignment import aligned_files, playback
from tcc.configs import schema
from tcc.evaluation.report import report, results
from tests.applications.examples import line, make_clips
from tests.datasets import prepare_runs, video_files
from tests.evaluation.examples import make_embeddings

_ROOT = pathlib.Path(__file__).parents[2]
_EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "../../../escaped",
    "/etc/escaped",
    "..",
    "a\x00b",
]


class _Elements(html.parser.HTMLParser):
    """What a browser sees: elements, their attributes, scripts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def _clips(names):
    values = line(0, 1, 2, 3)
    labels = np.array([0, 0, 1, 1])
    return make_clips(
        [values + 0.01 * i for i in range(len(names))],
        [labels] * len(names),
        names=list(names),
        phase_names=[names[0], "down"],
    )


def test_names_are_only_text_on_the_playback_page(tmp_path):
    plain = [f"video {i}" for i in range(len(_EVIL))]
    seen = {}
    for kind, names in (("plain", plain), ("evil", _EVIL)):
        playback.write(tmp_path / kind, _clips(names), method="nn")
        seen[kind] = _Elements((tmp_path / kind).read_text("utf-8"))
    assert seen["evil"].tags == seen["plain"].tags
    assert seen["evil"].attributes == seen["plain"].attributes


def test_the_pages_script_sets_text_and_never_markup():
    template = (_ROOT / "tcc" / "applications" / "playback.html").read_text()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval("):
        assert way not in template
    assert "document.write" not in template


def test_names_do_not_lead_out_of_the_folder(tmp_path):
    folder = tmp_path / "a" / "b" / "out"
    written = aligned_files.write(_clips(_EVIL), folder, cell_size=32)
    assert all(folder in path.parents for path in written.values())
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["out"]
    videos = sorted((folder / "side_by_side").iterdir())
    assert len(videos) == len(_EVIL) - 1  # all but the query
    assert not list(tmp_path.rglob("escaped"))


def _evaluation(folder, names):
    """Results on real videos of these names, prepared from files."""
    for split in ("train", "val"):
        for name in names:
            video_files.write_clip(folder / "videos" / split / f"{name}.mp4")
    _, splits = prepare_runs.prepare(
        "video_folder/x", folder / "data", videos=folder / "videos"
    )
    rng = np.random.default_rng(0)
    parts = []
    for split, videos in splits.items():
        embs = [
            rng.normal(size=(len(video.jpegs), 4)).cumsum(axis=0)
            for video in videos.values()
        ]
        parts.append(
            dataclasses.replace(
                make_embeddings(embs, split=split),
                names=list(videos),
                dataset="video_folder/x",
            )
        )
    config = schema.ExperimentConfig()
    config.data.data_dir = str(folder / "data")
    config.eval.tasks = ("kendalls_tau", "cycle_consistency")
    config.eval.bootstrap_draws = 5
    return results.Evaluation(
        step=1,
        checkpoint="ckpt-1",
        seconds=0.0,
        config=config,
        datasets=[results.evaluate_embeddings(*parts, config.eval)],
        embeddings=[(parts[0], parts[1])],
    )


def test_names_are_only_text_in_the_report(tmp_path):
    evil = ["<script>alert(1)<script>", '"><img src=x onerror=alert(1)>']
    seen = {}
    for kind, names in (("plain", ["one", "two"]), ("evil", evil)):
        evaluation = _evaluation(tmp_path / kind, names)
        path = report.write(evaluation, tmp_path / kind / "out")
        seen[kind] = _Elements(path.read_text("utf-8"))
    assert html.escape(evil[0]) in path.read_text("utf-8")
    assert seen["evil"].tags == seen["plain"].tags
    assert seen["evil"].attributes == seen["plain"].attributes


def _sources():
    for folder in ("tcc", "configs", "datasets", "evaluation"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


_MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "cloudpickle"}
_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}


def test_no_code_of_ours_runs_what_data_say():
    for path, tree in _sources():
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
                assert not names & _MODULES, where
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in _MODULES, where
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            given = {k.arg: ast.unparse(k.value) for k in node.keywords}
            assert called not in _CALLS, where
            assert called not in ("joblib.load", "yaml.load"), where
            assert given.get("shell", "False") == "False", where
            if called in ("np.load", "numpy.load"):
                assert given.get("allow_pickle") == "False", where
            if called.endswith(".extractall"):
                assert given.get("filter") == "'data'", where
            if called.endswith("load_model"):
                assert given.get("safe_mode", "True") == "True", where
