import io

import numpy as np
from PIL import Image

from tcc.datasets.preparing import jpeg


def test_the_error_is_below_the_noise_of_a_camera():
    ramp = np.linspace(0, 255, 64)
    red, green = np.meshgrid(ramp, ramp)
    frame = np.stack([red, green, 255 - red], -1).astype(np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(jpeg.encode(frame))))
    assert decoded.shape == frame.shape
    difference = np.abs(decoded.astype(float) - frame)
    assert difference.mean() < 1.0
    assert difference.max() < 8.0


def test_colour_keeps_its_full_resolution():
    # One red column in black: with chroma subsampling it would bleed.
    frame = np.zeros((16, 16, 3), np.uint8)
    frame[:, 8] = (255, 0, 0)
    decoded = np.asarray(Image.open(io.BytesIO(jpeg.encode(frame))))
    assert decoded[8, 8, 0] > 230
    assert decoded[8, 9, 0] < 25
