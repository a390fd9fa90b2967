import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from tcc.datasets.preparing import jpeg, pictures

_RAMP = np.linspace(0, 1, 64 * 64).reshape(64, 64)
_GREY = np.rint(255 * _RAMP)


def _save(picture, file_format, **options):
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def _kept(data):
    kept = jpeg.from_file(data, origin="x.png", shorter_side=None)
    return np.asarray(Image.open(io.BytesIO(kept)), np.float64)


def _grey(values):
    return Image.fromarray(values)


_16_BITS = (65_535 * _RAMP).astype(np.uint16)
_WIDE = {
    "I;16": (_grey(_16_BITS), "PNG"),
    "I;16 TIFF": (_grey(_16_BITS), "TIFF"),
    "I;16B": (_grey(_16_BITS.astype(">u2")), "TIFF"),
    "I, 16-bit PGM": (_grey(_16_BITS), "PPM"),
    "I": (_grey(_16_BITS.astype(np.int32)), "TIFF"),
    "F to 1": (_grey(_RAMP.astype(np.float32)), "TIFF"),
    "F to 255": (_grey((255 * _RAMP).astype(np.float32)), "TIFF"),
}


@pytest.mark.parametrize("name", _WIDE)
def test_wide_grey_keeps_its_range(name):
    kept = _kept(_save(*_WIDE[name]))
    assert kept.shape == (64, 64, 3)
    # JPEG takes away about one of 255 levels.
    np.testing.assert_allclose(kept.mean(-1), _GREY, atol=3)


def test_the_contrast_of_a_dark_picture_is_not_stretched():
    # 257 x 10 of 65535 is 10 of 255, whatever else is in the picture.
    dark = np.full((16, 16), 2570, np.uint16)
    np.testing.assert_allclose(_kept(_save(_grey(dark), "PNG")), 10, atol=1)


def test_wide_grey_is_turned_and_shrunk_as_others(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise
    wide = (65_535 * np.linspace(0, 1, 32)).astype(np.uint16)
    picture = _grey(np.broadcast_to(wide, (64, 32)).copy())
    data = _save(picture, "PNG", exif=exif)
    kept = jpeg.from_file(data, origin="x", shorter_side=16)
    pixels = np.asarray(Image.open(io.BytesIO(kept)))
    # 32 wide and 64 high, turned 64 wide and 32 high, then halved; what was
    # dark on the left is at the top.
    assert pixels.shape == (16, 32, 3)
    assert pixels[0].max() < 20
    assert pixels[-1].min() > 235


@pytest.mark.parametrize("mode", ["1", "L", "P", "PA", "LA", "RGBA", "CMYK"])
def test_other_modes_keep_their_colours(mode):
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[:, 16:] = 255
    picture = Image.fromarray(colours)
    if mode == "PA":
        picture = picture.convert("P")
    data = _save(picture.convert(mode), "TIFF")
    assert Image.open(io.BytesIO(data)).mode == mode
    np.testing.assert_allclose(_kept(data), colours, atol=2)


@pytest.mark.parametrize("mode", ["LAB", "YCbCr"])
def test_other_colour_spaces_become_rgb(mode):
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[:16] = (200, 40, 60)
    colours[16:] = (30, 90, 180)
    picture = Image.fromarray(colours)
    if mode == "LAB":
        transform = ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"),
            ImageCms.createProfile("LAB"),
            "RGB",
            "LAB",
        )
        data = _save(transform.apply(picture), "TIFF")
    else:
        data = _save(picture.convert(mode), "TIFF")
    assert Image.open(io.BytesIO(data)).mode == mode
    # LAB has few levels for colours as dark as these.
    np.testing.assert_allclose(_kept(data), colours, atol=8)


@pytest.mark.parametrize("mode", ["HSV", "La", "RGBa"])
def test_modes_that_no_file_has_become_rgb(mode):
    colours = Image.new("RGB", (4, 4), (90, 90, 90))
    opaque = {"La": "LA", "RGBa": "RGBA", "HSV": "RGB"}[mode]
    picture = colours.convert(opaque).convert(mode)
    pixels = np.asarray(pictures.to_rgb(picture))
    np.testing.assert_allclose(pixels, 90, atol=1)


@pytest.mark.parametrize(
    ("values", "received"),
    [
        (np.array([[0, 65_536]], np.int32), "0 to 65536"),
        (np.array([[-1, 9]], np.int32), "-1 to 9"),
        (np.array([[0, 256]], np.float32), "0 to 256"),
        (np.array([[-0.5, 1]], np.float32), "-0.5 to 1"),
        (np.array([[np.nan, 1]], np.float32), "nan"),
    ],
)
def test_values_of_no_known_range_are_refused(values, received):
    data = _save(_grey(values), "TIFF")
    with pytest.raises(ValueError, match=f"x.png: .*Received: .*{received}"):
        _kept(data)


def test_no_picture_starts_a_program(tmp_path, monkeypatch):
    # Pillow has Ghostscript draw EPS files.
    proof = tmp_path / "started"
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {proof}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    data = _save(Image.new("RGB", (8, 8)), "EPS")
    with pytest.raises(ValueError, match=r"x.png is damaged or no picture"):
        _kept(data)
    assert not proof.exists()
