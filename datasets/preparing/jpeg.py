"""Frames as JPEG files."""

import io

import numpy as np
from PIL import Image

from tcc.datasets.preparing import pictures

# Frames are decoded, resized and normalised for every batch, so what JPEG
# takes away is lost to every use: at 95 without chroma subsampling the error
# (about 1 of 255) is below the noise of a camera. Frames of 112 pixels take
# 7 kB, frames of 256 x 192 about 20 kB.
QUALITY = 95


_ORIENTATION = 0x0112  # of EXIF; 1 is upright


def encode(frame: np.ndarray, quality: int = QUALITY) -> bytes:
    """Encodes a frame.

    Args:
      frame: uint8 [H, W, 3].
      quality: 1 to 100, of libjpeg.

    Returns:
      The JPEG file.
    """
    buffer = io.BytesIO()
    Image.fromarray(frame).save(
        buffer, "JPEG", quality=quality, subsampling="4:4:4"
    )
    return buffer.getvalue()


def from_file(data: bytes, *, origin: str, shorter_side: int | None) -> bytes:
    """Turns a picture of a file into a frame as it is kept.

    A JPEG in colour that is upright and small enough stays as it is, byte by
    byte; anything else is decoded, turned, shrunk and encoded.

    Args:
      data: of a JPEG, PNG or another of `pictures.FORMATS`.
      origin: for error messages.
      shorter_side: pixels to which larger pictures are shrunk, the longer
        side in proportion. None keeps the size.

    Returns:
      A JPEG file.

    Raises:
      ValueError: when the picture cannot be read as a whole, or its values
        have no range that is known.
    """
    try:
        with pictures.open_picture(data) as image:
            size = image.size
            kept = (
                image.format == "JPEG"
                and image.mode == "RGB"
                and image.getexif().get(_ORIENTATION, 1) == 1
                and (shorter_side is None or min(size) <= shorter_side)
            )
            if kept:
                # Reads all of the file, but computes an eighth of the pixels.
                eighth = max(1, size[0] // 8), max(1, size[1] // 8)
                image.draft("RGB", eighth)
                image.load()
                return data
            upright = pictures.to_rgb(image)
    except pictures.UnknownRangeError as e:
        raise ValueError(f"{origin}: {e}") from e
    except Exception as e:  # decoders of damaged pictures raise all kinds
        raise ValueError(
            f"{origin} is damaged or no picture ({e}). Copy or unpack it again."
        ) from e
    if shorter_side is not None and min(upright.size) > shorter_side:
        scale = shorter_side / min(upright.size)
        width, height = (max(1, round(side * scale)) for side in upright.size)
        upright = upright.resize((width, height), Image.Resampling.BOX)
    return encode(np.asarray(upright))


def size_of(data: bytes) -> tuple[int, int]:
    """Returns width and height of a JPEG file, in pixels."""
    with pictures.open_picture(data) as image:
        return image.size


def resize(data: bytes, size: tuple[int, int]) -> bytes:
    """Returns a JPEG file scaled to (width, height), in pixels."""
    with pictures.open_picture(data) as image:
        scaled = image.convert("RGB").resize(size, Image.Resampling.BOX)
    return encode(np.asarray(scaled))
