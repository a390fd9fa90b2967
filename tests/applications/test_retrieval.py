import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from tcc import retrieve_frames
from tcc.applications import retrieval
from tests.applications.examples import line, make_clips


def test_nearest_by_hand():
    # Squared distances to 2: 4 1 .25 | 9 .01 | 0.
    embs = [line(0, 1, 2.5), line(5, 1.9), line(2)]
    query = np.array([2.0], np.float32)
    hits = retrieval.nearest_frames(query, embs, k=2)
    assert [(h.video, h.frame) for h in hits] == [(2, 0), (1, 1)]
    assert hits[1].distance == pytest.approx(0.01, rel=1e-5)
    hits = retrieval.nearest_frames(query, embs, k=9, exclude=2)
    assert [(h.video, h.frame) for h in hits] == [(1, 1), (0, 2)]
    hits = retrieval.nearest_frames(query, embs, k=4, per_video=0)
    assert [(h.video, h.frame) for h in hits] == [
        (2, 0),
        (1, 1),
        (0, 2),
        (0, 1),
    ]


def test_cosine_distance():
    query = np.array([1.0, 0.0])
    (hit,) = retrieval.nearest_frames(
        query, [np.array([[0.1, 0.0], [5, 5]])], distance="cosine"
    )
    assert (hit.frame, hit.distance) == (0, pytest.approx(0))
    (hit,) = retrieval.nearest_frames(
        query, [np.array([[5.0, 5]])], distance="cosine"
    )
    assert hit.distance == pytest.approx(1 - np.sqrt(0.5))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="k must be"):
        retrieval.nearest_frames(np.zeros(1), [line(0)], k=0)
    with pytest.raises(ValueError, match="shapes"):
        retrieval.nearest_frames(np.zeros(2), [line(0)])
    with pytest.raises(ValueError, match=r"between 0\.00 and 0\.90"):
        retrieval.find_frame(np.arange(10) / 10, 7.0)
    assert retrieval.find_frame(np.arange(10) / 10, 0.32) == 3


def test_strip_shows_the_frames_found():
    clips = make_clips([line(0, 1, 2, 3), line(0, 1)])
    hits = [retrieval.Hit(0, 2, 0.0), retrieval.Hit(1, 1, 1.0)]
    query = np.full((16, 16, 3), 200, np.uint8)
    picture = retrieval.strip(query, "q", clips, hits)
    cell = 16 + 2 * 4 + 2
    middle = [int(picture[12, 12 + i * cell, 0]) for i in range(3)]
    np.testing.assert_allclose(middle, [200, 255 / 2, 255 / 2], atol=3)


def _run(**values):
    with flagsaver.as_parsed(**values):
        flags.FLAGS.mark_as_parsed()
        return retrieve_frames.main([])


def test_command(logdir, tmp_path, capsys):
    output = tmp_path / "new" / "found.png"
    _run(logdir=str(logdir), query="video_2", at="1.0", output=str(output))
    printed = capsys.readouterr().out
    assert "video_3" in printed and "video_2" not in printed
    with Image.open(output) as picture:
        assert picture.width == 2 * 168 + 2

    photo = tmp_path / "photo.png"
    Image.new("RGB", (50, 40), (90, 90, 90)).save(photo)
    _run(logdir=str(logdir), image=str(photo), output=str(output), k="2")
    assert capsys.readouterr().out.count("distance") == 2
