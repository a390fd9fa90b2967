"""Plane geometry of vessels and the liquid in them.

Points are rows of float64 [P, 2] arrays, x to the right and y DOWN, in units
of the picture's side. Angles are radians, clockwise as seen.
"""

import numpy as np


def rotate(points: np.ndarray, angle: float) -> np.ndarray:
    """Turns points clockwise about the origin.

    Args:
      points: float64 [P, 2].
      angle: radians.

    Returns:
      float64 [P, 2].
    """
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def area(polygon: np.ndarray) -> float:
    """Returns the area of a simple polygon, float64 [P, 2] (shoelace)."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def below(polygon: np.ndarray, level: float) -> np.ndarray:
    """Clips a polygon to the half plane y >= level (Sutherland-Hodgman).

    Args:
      polygon: float64 [P, 2].
      level: the height of the cut.

    Returns:
      float64 [Q, 2], Q = 0 when nothing is left. A polygon that is not convex
      may come back with edges along the cut, which add no area.
    """
    points: list[np.ndarray] = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if start[1] >= level:
            points.append(start)
        if (start[1] >= level) != (end[1] >= level):
            share = (level - start[1]) / (end[1] - start[1])
            points.append(start + share * (end - start))
    return np.array(points).reshape(-1, 2)


def level_of_area(polygon: np.ndarray, wanted: float) -> float:
    """Finds the surface under which a polygon holds an area.

    Args:
      polygon: float64 [P, 2].
      wanted: the area of the liquid, 0 to that of the polygon.

    Returns:
      The y of the surface, to 1/2**20 of the polygon's height.
    """
    top, bottom = float(polygon[:, 1].min()), float(polygon[:, 1].max())
    for _ in range(20):
        middle = (top + bottom) / 2
        if area(below(polygon, middle)) > wanted:
            top = middle
        else:
            bottom = middle
    return (top + bottom) / 2


def liquid(polygon: np.ndarray, fill: float) -> np.ndarray:
    """Returns the liquid that fills a share of a vessel, at rest.

    Args:
      polygon: float64 [P, 2], the inside of the vessel as it stands or leans.
      fill: 0 to 1, of the vessel's area.

    Returns:
      float64 [Q, 2].
    """
    level = level_of_area(polygon, fill * area(polygon))
    return below(polygon, level)


def pouring_angle(polygon: np.ndarray, lip: np.ndarray, fill: float) -> float:
    """Returns the tilt at which a vessel's liquid reaches its lip.

    Args:
      polygon: float64 [P, 2], the inside of the upright vessel, mouth up.
      lip: float64 [2], the corner of the mouth over which it pours.
      fill: 0 to 1, of the vessel's area.

    Returns:
      Radians, between 0 and 2 (about 115 degrees).
    """
    wanted = fill * area(polygon)
    low, high = 0.0, 2.0
    for _ in range(16):
        middle = (low + high) / 2
        level = rotate(lip[None], middle)[0, 1]
        if area(below(rotate(polygon, middle), level)) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
