"""Decoded frames as a player shows them: shape, upright, RGB."""

import dataclasses
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

# What is narrower or wider than this is a wrong entry, not a format.
_MOST_STRETCHED = 10


@dataclasses.dataclass(frozen=True)
class Shape:
    """How large the frames of a video are shown, upright."""

    width: int  # pixels
    height: int  # pixels


@dataclasses.dataclass
class SizeNotes:
    """Whether the frames of a video have one size."""

    first: tuple[int, int] | None = None
    change: str = ""

    def note(self, frame: Any, seconds: float) -> None:
        """Looks at a frame that is shown after so many seconds."""
        size = frame.width, frame.height
        self.first = self.first or size
        if size != self.first and not self.change:
            self.change = (
                f"its frames change size, first at {seconds:.2f} s, from "
                f"{self.first[0]} x {self.first[1]} to {size[0]} x {size[1]} "
                "pixels; all are scaled to the size of the first"
            )

    def remarks(self) -> list[str]:
        """Returns what is odd about the sizes, for people."""
        return [self.change] if self.change else []


def pixel_shape(stream: Any) -> Fraction:
    """Returns width / height of a stream's pixels; 1 where it is unknown."""
    aspect = stream.sample_aspect_ratio
    if not aspect or not 1 / _MOST_STRETCHED <= aspect <= _MOST_STRETCHED:
        return Fraction(1)
    return Fraction(aspect)


def shape_of(frame: Any, *, pixel: Fraction, shorter_side: int | None) -> Shape:
    """Says how large a frame is shown.

    Where pixels are not square the height stays, and the width changes; a
    turn comes after that.

    Args:
      frame: of PyAV.
      pixel: width / height of its pixels.
      shorter_side: pixels to which larger frames shrink; None keeps them.

    Returns:
      The shape, once the frame is upright.
    """
    width, height = max(1, round(frame.width * pixel)), frame.height
    if shorter_side is not None and min(width, height) > shorter_side:
        scale = shorter_side / min(width, height)
        width = max(1, round(width * scale))
        height = max(1, round(height * scale))
    if _matrix(frame).is_quarter_turn:
        width, height = height, width
    return Shape(width, height)


def to_pixels(frame: Any, shape: Shape) -> np.ndarray:
    """Converts a frame to upright RGB.

    Args:
      frame: of PyAV, of any size and pixel format.
      shape: to which it is scaled.

    Returns:
      uint8 [H, W, 3].
    """
    matrix = _matrix(frame)
    width, height = shape.width, shape.height
    if matrix.is_quarter_turn:
        width, height = height, width
    pixels = frame.to_ndarray(
        format="rgb24", width=width, height=height, interpolation="AREA"
    )
    a, d = matrix.a, matrix.d
    if matrix.is_quarter_turn:  # rows become columns
        pixels = pixels.swapaxes(0, 1)
        a, d = matrix.c, matrix.b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


class _Matrix(NamedTuple):
    """A stored pixel (x, y) is to be shown at (a x + c y, b x + d y).

    Cameras write quarter turns and mirrorings only, so signs suffice.
    """

    a: int = 1
    b: int = 0
    c: int = 0
    d: int = 1

    @property
    def is_quarter_turn(self) -> bool:
        """Whether rows become columns."""
        return abs(self.b) > abs(self.a)


def _matrix(frame: Any) -> _Matrix:
    """Returns the display matrix of a frame; the identity without one."""
    for side_data in frame.side_data:
        if side_data.type.name == "DISPLAYMATRIX":
            values = np.frombuffer(bytes(side_data), np.int32)
            return _Matrix(*(int(values[index]) for index in (0, 1, 3, 4)))
    return _Matrix()
