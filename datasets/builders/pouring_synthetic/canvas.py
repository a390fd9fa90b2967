"""Anti-aliased drawing of shapes given in units of the picture's side."""

import numpy as np
from PIL import Image, ImageDraw

from tcc.datasets.builders.pouring_synthetic import world

_SUPERSAMPLING = 3  # drawn pixels a side of one pixel of the picture


class Canvas:
    """One picture while it is drawn, larger than it will be.

    Points are float64 [P, 2] in units of the picture's side, y down; they
    are seen through a camera that zooms about the middle and shifts.
    """

    def __init__(
        self, size: int, zoom: float, shift: tuple[float, float]
    ) -> None:
        """Starts with a black picture.

        Args:
          size: pixels a side of the finished picture.
          zoom: magnification about the middle.
          shift: of the picture, right and down.
        """
        side = size * _SUPERSAMPLING
        self._image = Image.new("RGB", (side, side))
        self._draw = ImageDraw.Draw(self._image, "RGBA")
        self._scale = zoom * side
        self._offset = (0.5 * (1 - zoom) + np.array(shift)) * side

    def finish(self) -> np.ndarray:
        """Returns the picture, uint8 [size, size, 3]."""
        return np.asarray(self._image.reduce(_SUPERSAMPLING))

    def polygon(
        self, points: np.ndarray, colour: world.Colour, alpha: float = 1.0
    ) -> None:
        """Fills a polygon; alpha 0 is invisible."""
        if len(points) >= 3:
            self._draw.polygon(self._pixels(points), _ink(colour, alpha))

    def line(
        self,
        points: np.ndarray,
        width: float,
        colour: world.Colour,
        alpha: float = 1.0,
    ) -> None:
        """Draws a line through points."""
        pixels = max(1, round(width * self._scale))
        ink = _ink(colour, alpha)
        self._draw.line(self._pixels(points), ink, pixels, joint="curve")

    def ellipse(
        self,
        centre: np.ndarray,
        radii: tuple[float, float],
        colour: world.Colour,
        alpha: float = 1.0,
    ) -> None:
        """Fills an ellipse with axes along the picture's."""
        corners = np.array([centre - np.array(radii), centre + np.array(radii)])
        self._draw.ellipse(self._pixels(corners), _ink(colour, alpha))

    def capsule(
        self,
        start: np.ndarray,
        end: np.ndarray,
        radius: float,
        colour: world.Colour,
    ) -> None:
        """Draws a thick line with round ends."""
        self.line(np.array([start, end]), 2 * radius, colour)
        for centre in (start, end):
            self.ellipse(centre, (radius, radius), colour)

    def _pixels(self, points: np.ndarray) -> list[tuple[float, float]]:
        return [
            (float(x), float(y)) for x, y in points * self._scale + self._offset
        ]


def _ink(colour: world.Colour, alpha: float) -> tuple[int, int, int, int]:
    return (*colour, round(255 * alpha))


def shade(colour: world.Colour, factor: float) -> world.Colour:
    """Returns a darker (factor < 1) or lighter colour."""
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue
