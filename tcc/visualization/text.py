"""Text on pictures, drawn with the font that comes with Pillow."""

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_INK = (255, 255, 255)
_PAPER = (0, 0, 0)


@functools.lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def line_height(size: int) -> int:
    """Returns the height in pixels of a line of text of a size."""
    return size + max(4, size // 3)


def fit(text: str, *, size: int, width: int) -> str:
    """Returns the text, cut with two dots where it is too wide.

    Args:
      text: one line.
      size: of the font, pixels.
      width: pixels.
    """
    if _font(size).getlength(text) <= width:
        return text
    while text and _font(size).getlength(text + "..") > width:
        text = text[:-1]
    return text + ".." if text else ""


@functools.lru_cache(maxsize=1024)  # names and times come again and again
def banner(text: str, *, width: int, size: int) -> np.ndarray:
    """Returns a line of white text on black.

    Args:
      text: one line; cut where it is too wide.
      width: pixels.
      size: of the font, pixels.

    Returns:
      [line_height(size), width, 3] uint8, not to be written to.
    """
    picture = Image.new("RGB", (width, line_height(size)), _PAPER)
    margin = max(2, size // 4)
    ImageDraw.Draw(picture).text(
        (margin, line_height(size) // 2),
        fit(text, size=size, width=width - 2 * margin),
        fill=_INK,
        font=_font(size),
        anchor="lm",
    )
    return np.asarray(picture)
