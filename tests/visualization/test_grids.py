import numpy as np
import pytest

from tcc import visualization


def _flat(value, shape):
    return np.full(shape, value, np.uint8)


@pytest.mark.parametrize(
    ("count", "columns", "expected"),
    [
        (1, 0, (1, 1)),
        (2, 0, (1, 2)),
        (5, 0, (2, 3)),
        (14, 0, (4, 4)),
        (14, 7, (2, 7)),
        (3, 9, (1, 3)),
    ],
)
def test_grid_shape(count, columns, expected):
    assert visualization.grid_shape(count, columns) == expected


def test_grid_places_every_cell():
    cells = [_flat(10 * i, (4, 6, 3)) for i in range(1, 6)]
    picture = visualization.grid(cells, columns=2, background=255)
    # 3 rows of 4 and 2 columns of 6 pixels, 2 pixels between.
    assert picture.shape == (3 * 4 + 2 * 2, 2 * 6 + 2, 3)
    assert picture[::6, ::8, 0].tolist() == [[10, 20], [30, 40], [50, 255]]
    assert (picture[4:6] == 255).all()


def test_batch_grid_has_a_row_per_video():
    frames = np.zeros((2, 3, 5, 5, 3), np.uint8)
    frames[1, 2] = 90
    picture = visualization.batch_grid(frames)
    assert picture.shape == (12, 19, 3)
    assert (picture[7:, 14:] == 90).all()
    assert (picture[:5, 14:] == 0).all()


def test_wide_batches_are_shrunk_by_means():
    frames = np.zeros((1, 60, 224, 224, 3), np.uint8)
    frames[:, :, ::2] = 100  # every other row
    picture = visualization.batch_grid(frames)
    assert picture.shape[1] <= 4096
    assert (picture[:10, :10] == 50).all()


def test_strip_shows_query_neighbours_and_unaligned():
    a = np.stack([_flat(v, (8, 40, 3)) for v in (10, 20, 30)])
    b = np.stack([_flat(v, (8, 40, 3)) for v in (110, 120, 130, 140, 150)])
    strip = visualization.nearest_neighbor_strip(a, b, np.array([0, 0, 4]))
    banner = (len(strip) - 3 * 8) // 3
    rows = [strip[banner + i * (banner + 8) + 4] for i in range(3)]
    values = [row[[5, 47, 89], 0].tolist() for row in rows]
    # Unaligned: relative times 0, 1/2, 1 of 5 frames are 0, 2, 4.
    assert values == [[10, 20, 30], [110, 110, 150], [110, 130, 150]]


def test_strip_refuses_what_does_not_fit():
    a = np.zeros((3, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"indices must have shape \(3,\)"):
        visualization.nearest_neighbor_strip(a, a, np.arange(2))
    with pytest.raises(ValueError, match=r"lie in \[0, 3\)"):
        visualization.nearest_neighbor_strip(a, a, np.arange(3) + 1)
    with pytest.raises(ValueError, match="frames_b must have"):
        visualization.nearest_neighbor_strip(a, a / 2.0, np.arange(3))


def test_refuses_floats_and_empty_grids():
    with pytest.raises(ValueError, match="dtype uint8"):
        visualization.batch_grid(np.zeros((1, 1, 4, 4, 3)))
    with pytest.raises(ValueError, match="count must be 1 or more"):
        visualization.grid([])
    with pytest.raises(ValueError, match="one shape"):
        visualization.grid([_flat(0, (2, 2, 3)), _flat(0, (2, 3, 3))])
