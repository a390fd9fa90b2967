import csv

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import projector_config_pb2

from tcc import map_embeddings
from tcc.applications import embedding_map
from tests.applications.examples import line, make_clips


def _clusters():
    rng = np.random.default_rng(0)
    centers = 20 * rng.normal(size=(3, 8))
    return [
        np.repeat(centers, 8, axis=0) + rng.normal(size=(24, 8))
        for _ in range(2)
    ]


def test_pca_keeps_distances_in_a_plane():
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(12, 2))
    turned = plane @ np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    a, b = embedding_map.project([turned[:7], turned[7:]], method="pca")
    assert a.shape == (7, 2) and b.shape == (5, 2)
    np.testing.assert_allclose(
        np.linalg.norm(a[0] - b), np.linalg.norm(plane[0] - plane[7:])
    )


def test_tsne_keeps_neighbours_and_is_the_same_every_time():
    embs = _clusters()
    points = embedding_map.project(embs, method="tsne", perplexity=8)
    again = embedding_map.project(embs, method="tsne", perplexity=8)
    np.testing.assert_array_equal(points[1], again[1])
    group = np.tile(np.repeat(np.arange(3), 8), 2)
    rows = np.concatenate(points)
    distances = np.linalg.norm(rows[:, None] - rows, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (group[distances.argmin(axis=1)] == group).all()


def test_few_frames_and_one_channel():
    (points,) = embedding_map.project([line(0, 1, 3)], method="pca")
    np.testing.assert_allclose(np.abs(np.diff(points[:, 0])), [1, 2])
    assert embedding_map.project([np.eye(4)])[0].shape == (4, 2)
    with pytest.raises(ValueError, match="three frames"):
        embedding_map.project([line(0, 1)])
    with pytest.raises(ValueError, match="method must be"):
        embedding_map.project([np.eye(4)], method="umap")


def test_map_has_its_size_and_colours():
    points = [np.array([[0.0, 0], [1, 1], [2, 0]])] * 2
    labels = [np.array([0, 1, -1])] * 2
    picture = embedding_map.draw(
        points,
        labels,
        phase_names=["a"],
        trajectories=[1],
        names=["$x", "y$"],  # no mathematics
        size=300,
    )
    assert picture.shape == (300, 300, 3)
    plain = embedding_map.draw(points, embedding_map.progress([3, 3]), size=300)
    assert (picture != plain).any()


def test_projector_files_belong_together(tmp_path):
    clips = make_clips(
        [line(0, 1, 2), line(4, 5)],
        [np.array([0, 1, -1]), np.array([1, 1])],
        names=["a\tb", "c"],
        phase_names=["up", "down"],
    )
    embedding_map.write_projector(clips, tmp_path)
    vectors = np.loadtxt(tmp_path / "vectors.tsv", delimiter="\t")
    np.testing.assert_allclose(vectors, [0, 1, 2, 4, 5])
    with (tmp_path / "metadata.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["video"] for row in rows] == ["a b"] * 3 + ["c"] * 2
    assert [row["phase"] for row in rows] == ["up", "down", "-", "down", "down"]
    config = text_format.Parse(
        (tmp_path / "projector_config.pbtxt").read_text(),
        projector_config_pb2.ProjectorConfig(),
    )
    size = config.embeddings[0].sprite.single_image_dim[0]
    with Image.open(tmp_path / "sprite.png") as opened:
        sprite = opened.convert("L")
        # Five frames in three rows of three; the fourth is frame 0 of c.
        assert sprite.size == (3 * size, 3 * size)
        assert np.asarray(sprite)[size + size // 2, size // 2] < 5
        assert np.asarray(sprite)[5, 2 * size + 5] == pytest.approx(170, abs=3)


def test_command(logdir, tmp_path, capsys):
    with flagsaver.as_parsed(logdir=str(logdir), output=str(tmp_path / "m")):
        flags.FLAGS.mark_as_parsed()
        map_embeddings.main([])
    assert "tensorboard" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "m").iterdir()}
    assert {"tsne_progress.png", "pca_phase.png", "projector"} <= names


def test_frames_of_a_map_are_evenly_spaced():
    # 12 frames in a row, 1 in 3 of them: 0, 3, 6, 9; the videos begin at 0,
    # 5, 6 and 8.
    frames, every = embedding_map.choose_frames([5, 1, 2, 4], limit=4)
    assert every == 3
    assert [part.tolist() for part in frames] == [[0, 3], [], [0], [1]]
    frames, every = embedding_map.choose_frames([2, 3], limit=5)
    assert every == 1
    assert [part.tolist() for part in frames] == [[0, 1], [0, 1, 2]]


def test_a_video_without_frames_has_no_trajectory():
    points = [np.array([[0.0, 0], [1, 1]]), np.zeros((0, 2))]
    values = [np.array([0.0, 1.0]), np.zeros(0)]
    picture = embedding_map.draw(
        points, values, trajectories=[0, 1], names=["a", "b"], size=200
    )
    assert picture.shape == (200, 200, 3)
