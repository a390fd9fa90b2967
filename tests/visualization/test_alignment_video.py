import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from tcc.visualization import alignment_video


def _jpeg(value, size=(40, 40)):
    file = io.BytesIO()
    Image.new("RGB", size, (value,) * 3).save(file, "JPEG", quality=95)
    return file.getvalue()


def _track(name, values, aligned, unaligned=None, size=(40, 40)):
    return alignment_video.Track(
        name=name,
        jpegs=[_jpeg(value, size) for value in values],
        times=np.arange(len(values)) / 10,
        aligned=np.array(aligned),
        unaligned=np.array(aligned if unaligned is None else unaligned),
    )


def _tracks(count=2):
    query = _track("query", [10, 20, 30], [0, 1, 2])
    others = [
        _track(f"v{i}", [100, 120, 140, 160], [0, 2, 3], [1, 1, 1])
        for i in range(count - 1)
    ]
    return [query, *others]


def _cells(picture, columns, rows=1, size=40):
    """The middle pixels of the cells of one grid."""
    width = size + 8 + 2
    height = (picture.shape[0] - 16 + 2) // rows
    return [
        int(picture[16 + r * height + height // 2, c * width + width // 2, 0])
        for r in range(rows)
        for c in range(columns)
    ]


def test_every_moment_shows_the_matched_frames():
    frames = list(alignment_video.aligned_frames(_tracks(), cell_size=40))
    assert len({frame.shape for frame in frames}) == 1
    assert all(frame.dtype == np.uint8 for frame in frames)
    shown = np.array([_cells(frame, 2) for frame in frames])
    np.testing.assert_allclose(shown, [[10, 100], [20, 140], [30, 160]], atol=2)


@pytest.mark.parametrize(
    ("count", "columns", "shape"),
    [(1, 0, (1, 1)), (5, 0, (2, 3)), (5, 5, (1, 5))],
)
def test_any_number_in_any_grid(count, columns, shape):
    frame = next(
        alignment_video.aligned_frames(
            _tracks(count), columns=columns, cell_size=40
        )
    )
    assert frame.shape[1] == shape[1] * 50 - 2
    values = _cells(frame, shape[1], shape[0])[:count]
    np.testing.assert_allclose(values, [10] + [100] * (count - 1), atol=2)


def test_the_query_has_a_white_rim_and_label():
    frame = next(alignment_video.aligned_frames(_tracks(), cell_size=40))
    middle = frame.shape[0] // 2
    assert frame[middle, :4].min() == 255  # query
    assert frame[middle, 50:54].max() == 0  # the other
    assert frame[18:24, 2:46].mean() > 128 > frame[18:24, 52:96].mean()


def test_text_changes_with_the_frame():
    first, second, _ = alignment_video.aligned_frames(
        [_track("a", [50, 50, 50], [0, 1, 2])], cell_size=64
    )
    assert (first != second).any()


def test_the_unaligned_grid_stands_on_the_left():
    frames = list(
        alignment_video.aligned_frames(
            _tracks(), cell_size=40, show_unaligned=True
        )
    )
    grid = 2 * 50 - 2
    assert frames[0].shape[1] == 2 * grid + 8
    left = np.array([_cells(frame[:, :grid], 2) for frame in frames])
    np.testing.assert_allclose(left, [[10, 120], [20, 120], [30, 120]], atol=2)
    right = np.array([_cells(frame[:, grid + 8 :], 2) for frame in frames])
    np.testing.assert_allclose(right[:, 1], [100, 140, 160], atol=2)


def test_frames_keep_their_proportions():
    track = _track("wide", [200], [0], size=(80, 40))
    frame = next(alignment_video.aligned_frames([track], cell_size=40))
    # Title 16, name 14, rim 4 pixels; then 40 of the picture.
    column = frame[34:74, 20, 0]
    assert (column > 150).sum() == 20


def test_same_time_by_hand():
    times = np.array([0.0, 0.1, 0.2])
    index = alignment_video.same_time(np.array([5.0, 5.15, 5.2, 9.0]), times)
    assert index.tolist() == [0, 1, 2, 2]
    unknown = np.full(3, np.nan)
    index = alignment_video.same_time(np.arange(5.0), unknown)
    assert index.tolist() == [0, 1, 2, 2, 2]


def test_refuses_what_does_not_fit():
    query = _tracks()[0]
    late = dataclasses.replace(query, aligned=np.array([0, 1, 3]))
    short = dataclasses.replace(query, unaligned=np.array([0]))
    for tracks, message in (
        ([], "tracks must hold the query"),
        ([query, late], r"lie in \[0, 3\)"),
        ([query, short], "each of the 3 moments"),
    ):
        with pytest.raises(ValueError, match=message):
            next(alignment_video.aligned_frames(tracks))
    with pytest.raises(ValueError, match="cell_size must be 16"):
        next(alignment_video.aligned_frames([query], cell_size=4))
