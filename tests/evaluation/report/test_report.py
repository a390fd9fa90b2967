import dataclasses
import html.parser
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tcc import evaluate
from tcc.evaluation.checkpoints import checkpoint_evaluation
from tcc.evaluation.report import example_pairs, report, report_pictures
from tcc.evaluation.tasks import registry
from tests.evaluation import checkpoint_folders
from tests.evaluation.checkpoints.test_checkpoint_evaluation import _run

_SETTINGS = {
    "tasks": tuple(registry.TASKS),
    "few_shot_videos": (1, 2),
    "few_shot_episodes": 3,
    "bootstrap_draws": 20,
    "retrieval_counts": (1, 5),
    "untrained_batches": 1,
}


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, logdir):
    folder = tmp_path_factory.mktemp("report")
    return checkpoint_evaluation.evaluate_checkpoint(
        shutil.copytree(logdir, folder / "run"), settings=_SETTINGS
    )


@pytest.fixture(scope="module")
def written(evaluation, tmp_path_factory):
    return report.write(evaluation, tmp_path_factory.mktemp("out"))


class _Page(html.parser.HTMLParser):
    """Checks nesting, and collects tags and text."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_stands_alone_and_holds_the_scores(evaluation, written):
    text = written.read_text()
    page = _Page(text)
    sources = [a["src"] for tag, a in page.tags if tag == "img"]
    assert all(str(s).startswith("data:image/png;base64,") for s in sources)
    assert all(a["alt"] for tag, a in page.tags if tag == "img")
    without_pictures = re.sub(r"base64,[^\"]*", "", text)
    assert not re.search(r"https?:|<script|<link|@import", without_pictures)
    for result in evaluation.rows(0).values():
        for task in result.tasks.values():
            for tag in task.headings:
                assert f"{task.scalars[tag]:.4f}" in page.text
    for words in ("step 20", "untrained", "frame index", "bootstrap"):
        assert words in page.text


def test_the_pictures_stand_beside_the_page(evaluation, written):
    names = {path.stem for path in written.parent.glob("*.png")}
    assert names == {
        f"tiny_{name}"
        for name in (
            "confusion_matrix",
            "few_shot_curve",
            "label_fraction_curve",
            "progression_curve",
            "tau_histogram",
            "strip_best",
            "strip_worst",
            "similarity_best",
            "similarity_worst",
            "map_pca",
            "map_tsne",
        )
    }
    for path in written.parent.glob("*.png"):
        with Image.open(path) as picture:
            assert np.asarray(picture).std() > 5, path.name


def test_all_names_are_escaped(evaluation):
    evil = "<script>alert('x')</script>&\"$_{^"
    renamed = dataclasses.replace(
        evaluation,
        checkpoint=evil,
        untrained=evil,
        datasets=[dataclasses.replace(evaluation.datasets[0], dataset=evil)],
    )
    pixels = np.zeros((4, 4, 3), np.uint8)
    picture = report_pictures.Picture("a", evil, evil, pixels)
    text = report.page(renamed, [[picture]])
    assert "<script>" not in text
    assert _Page(text).text.count(evil) >= 4


def test_unlabelled_videos_have_a_report(tmp_path, data_dir, capsys):
    config = checkpoint_folders.small_config(data_dir)
    config.data.datasets = ("bare",)
    checkpoint_folders.write_checkpoints(tmp_path, config, [5])
    assert (
        _run(
            evaluate,
            logdir=str(tmp_path),
            report="true",
            untrained="false",
            eval=["bootstrap_draws=10"],
        )
        == 0
    )
    folder = tmp_path / "report" / "step-5"
    assert f"Report: {folder}/report.html" in capsys.readouterr().out
    text = (folder / "report.html").read_text()
    assert "classification skipped" in text
    assert (folder / "bare_map_pca.png").is_file()
    assert not (folder / "bare_confusion_matrix.png").exists()


def test_pairs_are_best_median_and_worst():
    pairs = np.array([[0, 1], [0, 2], [1, 0], [2, 0]])
    taus = np.array([0.2, np.nan, 0.9, 0.5])
    assert example_pairs.choose(pairs, taus) == {
        "best": (1, 0),
        "median": (2, 0),
        "worst": (0, 1),
    }
    kinds = list(example_pairs.choose(pairs, taus))
    assert kinds == ["best", "median", "worst"]
    undefined = np.full(4, np.nan)
    assert example_pairs.choose(pairs, undefined) == {"first": (0, 1)}
    undefined[2] = 0.3
    assert example_pairs.choose(pairs, undefined) == {"best": (1, 0)}


def test_strips_show_the_matched_frames(evaluation):
    _, val = evaluation.embeddings[0]
    frames = example_pairs.Thumbnails(val, {"best": (0, 1)}, evaluation.config)
    length = len(val.embs[0])
    first, last = (
        frames.strip(0, 1, np.full(length, k))
        for k in (0, len(val.embs[1]) - 1)
    )
    third = first.shape[0] // 3
    np.testing.assert_array_equal(first[:third], last[:third])
    assert (first[third : 2 * third] != last[third : 2 * third]).any()
    gone = dataclasses.replace(val, names=["a", "b"])
    with pytest.raises(ValueError, match="must hold the evaluated videos"):
        example_pairs.Thumbnails(gone, {"best": (0, 1)}, evaluation.config)
