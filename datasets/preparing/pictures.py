"""Pictures of any mode that Pillow reads, as 8-bit RGB.

What a picture's values mean is decided by its mode and never by stretching
what is in it, so that the frames of a video stay comparable.

| mode | range that becomes 0 to 255 |
|---|---|
| 8 bits or fewer, in any colour space | its own |
| RGB, grey with alpha: 16 bits | 0 to 65535, by Pillow |
| I;16, I;16L, I;16B, I;16N | 0 to 65535 |
| I (32-bit integers) | 0 to 65535; other values are refused |
| F (floats) | 0 to 1, or 0 to 255 where one is above 1; others are refused |
"""

import functools
import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

# Formats that hold pixels. Others that Pillow knows are drawn by programs that
# they start (EPS by Ghostscript), which files of strangers must not.
FORMATS = (
    *("JPEG", "MPO", "PNG", "BMP", "GIF", "JPEG2000", "PPM", "TGA", "TIFF"),
    *("WEBP", "AVIF"),
)
_16_BITS = 65_535


class UnknownRangeError(ValueError):
    """Nothing says which value of a picture is white."""


def open_picture(data: bytes) -> Image.Image:
    """Opens a picture.

    Args:
      data: of a file in one of `FORMATS`.

    Returns:
      Pillow's picture, not yet decoded.

    Raises:
      OSError: when it is in no such format.
    """
    return Image.open(io.BytesIO(data), formats=_readable())


@functools.cache
def _readable() -> list[str]:
    """Returns those of `FORMATS` that this build of Pillow has."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def to_rgb(picture: Image.Image) -> Image.Image:
    """Decodes a picture, turned as its camera says, in 8-bit RGB.

    Args:
      picture: of any mode.

    Returns:
      A picture of mode "RGB". Transparency is left out.

    Raises:
      UnknownRangeError: when nothing says which value is white.
      OSError: when it is damaged.
    """
    upright = ImageOps.exif_transpose(picture)
    mode = upright.mode
    if mode.startswith("I"):
        return _from_grey(_from_integers(np.asarray(upright)))
    if mode == "F":
        return _from_grey(_from_floats(np.asarray(upright)))
    if mode == "LAB":
        return _from_lab(upright)
    if mode in ("La", "RGBa"):  # colours multiplied by their opacity
        upright = upright.convert({"La": "LA", "RGBa": "RGBA"}[mode])
    return upright.convert("RGB")


def _from_integers(values: np.ndarray) -> np.ndarray:
    if values.min() < 0 or values.max() > _16_BITS:
        raise UnknownRangeError(
            f"the values of a picture must be 0 (black) to {_16_BITS} (white). "
            "Save it with 8 or 16 bits. "
            f"Received: {values.min()} to {values.max()}."
        )
    return values.astype(np.float64) / _16_BITS


def _from_floats(values: np.ndarray) -> np.ndarray:
    least, most = float(values.min()), float(values.max())
    if not 0 <= least <= most <= 255:  # false for NaN, too
        raise UnknownRangeError(
            "the values of a picture must be 0 (black) to 1 or 255 (white). "
            f"Save it with 8 or 16 bits. Received: {least:g} to {most:g}."
        )
    return values.astype(np.float64) / (1 if most <= 1 else 255)


def _from_grey(shares: np.ndarray) -> Image.Image:
    """Makes a picture of float64 [H, W], 0 for black and 1 for white."""
    return Image.fromarray(np.rint(255 * shares).astype(np.uint8)).convert(
        "RGB"
    )


def _from_lab(picture: Image.Image) -> Image.Image:
    lab: Any = ImageCms.createProfile("LAB")
    rgb: Any = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, rgb, "LAB", "RGB")
    return transform.apply(picture)
