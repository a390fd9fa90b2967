import tracemalloc

import numpy as np
import pytest

from tcc import visualization


def test_picture_has_the_size_asked_for():
    line = np.linspace(0, 1, 30)[:, None]
    picture = visualization.similarity_matrix(
        line, line[::2], times_a=np.arange(30) / 30, size=300
    )
    assert picture.shape == (300, 300, 3)
    assert picture.dtype == np.uint8


def test_aligned_videos_are_dark_along_the_diagonal():
    line = np.linspace(0, 1, 50)[:, None]
    picture = visualization.similarity_matrix(line, line, size=500)
    forward = _brightness_at_corners(picture)
    backward = _brightness_at_corners(
        visualization.similarity_matrix(line, line[::-1], size=500)
    )
    # Upper left and lower right are far apart in aligned videos, near in
    # mirrored ones.
    assert forward > 150 > 100 > backward


def _brightness_at_corners(picture):
    inside = picture[60:420, 90:350]
    return (inside[30, 30].mean() + inside[-30, -30].mean()) / 2


def test_greyscale_only():
    rng = np.random.default_rng(0)
    picture = visualization.similarity_matrix(*rng.normal(size=(2, 9, 4)))
    assert (picture == picture[..., :1]).all()


@pytest.mark.parametrize("frames", [1, 2])
def test_constant_and_single_frames(frames):
    flat = np.ones((frames, 3))
    picture = visualization.similarity_matrix(
        flat, flat, name_a="a_$x$_b", name_b="50% {"
    )
    assert picture.shape == (480, 480, 3)


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"Received: \(3, 2\) and \(3, 4\)"):
        visualization.similarity_matrix(np.ones((3, 2)), np.ones((3, 4)))


def test_long_videos_are_drawn_from_some_of_their_frames():
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(20_000, 2)), axis=0)
    size = 200
    tracemalloc.start()
    for path in (None, np.arange(20_000)):
        picture = visualization.similarity_matrix(
            walk, walk, times_a=np.arange(20_000) / 30, path=path, size=size
        )
        assert picture.shape == (size, size, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The whole matrix is 3.2 GB, one of four frames a pixel 5 MB.
    assert peak < 60e6
