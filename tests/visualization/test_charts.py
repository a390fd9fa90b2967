import numpy as np
import pytest

from tcc.visualization import charts


def _is_picture(picture):
    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    assert picture.std() > 5


def _grey(picture):
    return np.abs(np.diff(picture.astype(int), axis=2)).max()


@pytest.mark.parametrize("size", [1, 4, 20])
def test_confusion_matrices_of_any_size(size):
    counts = np.random.default_rng(0).integers(0, 9, (size, size))
    picture = charts.confusion_matrix(
        counts, names=["$a_", "<b>"], title="$x^{"
    )
    _is_picture(picture)
    assert _grey(picture) <= 1


def test_a_phase_without_frames_has_no_share():
    _is_picture(charts.confusion_matrix(np.array([[0, 0], [1, 3]])))


def test_curves_are_told_apart_without_colour():
    x = np.array([1.0, 2.0, 5.0])
    series = [
        charts.Series(name, x, y, y - 0.1, y + 0.1)
        for name, y in (("a", x / 9), ("b", x / 8), ("c", x / 7))
    ]
    picture = charts.curves(series, x_label="videos", y_label="accuracy")
    assert _grey(picture) <= 1
    lone = charts.curves(series[:1], x_label="videos", y_label="accuracy")
    assert (lone != picture).any()


def test_points_without_an_interval_are_drawn():
    x, nan = np.array([3.0]), np.array([np.nan])
    series = [charts.Series("a", x, x, nan, nan)]
    _is_picture(charts.curves(series, x_label="x", y_label="y"))


def test_histograms_count_what_is_undefined():
    values = {"a": np.array([0.1, 0.5, np.nan]), "b": np.full(4, np.nan)}
    picture = charts.histograms(
        values, x_label="tau", y_label="pairs", bounds=(-1, 1)
    )
    _is_picture(picture)
    assert _grey(picture) <= 1
