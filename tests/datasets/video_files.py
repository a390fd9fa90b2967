"""Small video files for the tests of this package."""

import io
import pathlib

import numpy as np
from PIL import Image

from tcc.video import files

G1_BOTTLE = pathlib.Path(__file__).parent.parent / "data" / "g1_bottle"


def write_clip(
    path: pathlib.Path, *, num_frames: int = 8, fps: float = 10.0
) -> None:
    """Writes a clip of 48 x 32 pixels that brightens from frame to frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = (
        np.full((32, 48, 3), 20 + 200 * index // num_frames, np.uint8)
        for index in range(num_frames)
    )
    files.write_video(path, frames, fps=fps)


def write_folder(folder: pathlib.Path) -> pathlib.Path:
    """Writes two training clips and one validation clip."""
    write_clip(folder / "train" / "a.mp4")
    write_clip(folder / "train" / "b.mp4", num_frames=12)
    write_clip(folder / "val" / "c.mp4", num_frames=10)
    return folder


def decode(jpeg: bytes) -> np.ndarray:
    """Returns the pixels of a frame, uint8 [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(jpeg)))
