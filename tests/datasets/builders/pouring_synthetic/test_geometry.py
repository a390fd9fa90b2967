import numpy as np
import pytest

from tcc.datasets.builders.pouring_synthetic import geometry

# Two wide and four high, its mouth at the top, around the origin.
_BOX = np.array([(-1.0, -2.0), (1.0, -2.0), (1.0, 2.0), (-1.0, 2.0)])


def test_a_quarter_turn_is_clockwise_as_seen():
    # y is down: what points up (0, -1) then points right (1, 0).
    turned = geometry.rotate(np.array([[0.0, -1.0]]), np.pi / 2)
    np.testing.assert_allclose(turned, [[1.0, 0.0]], atol=1e-12)


def test_area_of_a_box_and_of_nothing():
    assert geometry.area(_BOX) == pytest.approx(2 * 4)
    assert geometry.area(np.zeros((0, 2))) == 0


def test_below_keeps_what_is_under_the_level():
    # From y = 1 to y = 2: 2 wide, 1 high.
    assert geometry.area(geometry.below(_BOX, 1.0)) == pytest.approx(2.0)
    assert len(geometry.below(_BOX, 3.0)) == 0
    assert geometry.area(geometry.below(_BOX, -3.0)) == pytest.approx(8.0)


def test_the_level_of_an_area():
    # 3 of area over a width of 2 stand 1.5 high: up to y = 2 - 1.5.
    assert geometry.level_of_area(_BOX, 3.0) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.0])
def test_liquid_keeps_its_amount_in_a_leaning_vessel(angle):
    # A bottle, which is not convex.
    bottle = np.array(
        [
            (1, -4),
            (1, -2),
            (2, -1),
            (2, 4),
            (-2, 4),
            (-2, -1),
            (-1, -2),
            (-1, -4),
        ]
    )
    leaning = geometry.rotate(bottle, angle)
    amount = geometry.area(geometry.liquid(leaning, 0.3))
    assert amount == pytest.approx(0.3 * geometry.area(bottle), rel=1e-3)


def test_the_pouring_angle_of_a_half_full_box():
    # At half fill the surface goes from the lip to the opposite bottom
    # corner, so the lip must be level with it: tan(angle) = height / width.
    angle = geometry.pouring_angle(_BOX, np.array([1.0, -2.0]), 0.5)
    assert angle == pytest.approx(np.arctan(4 / 2), abs=1e-3)


def test_a_full_vessel_pours_at_once_and_an_empty_one_late():
    lip = np.array([1.0, -2.0])
    angles = [
        geometry.pouring_angle(_BOX, lip, fill) for fill in (0.99, 0.5, 0.05)
    ]
    assert angles[0] < 0.1
    assert angles == sorted(angles)
