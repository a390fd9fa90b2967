"""Aligns two videos of one action, and plays them side by side.

    python examples/align_two_videos.py
    python examples/align_two_videos.py mine.mp4 yours.mp4 --logdir=runs/pour

Without --logdir a small network first learns from the two videos themselves,
for half a minute; a trained one aligns better, also videos that it never saw.
"""

import argparse
import pathlib
import tempfile

import numpy as np
from PIL import Image

import tcc
from tcc.applications.alignment import align_folder
from tcc.matching import correspondence
from tcc.video import files

_CLIPS = pathlib.Path(__file__).parents[1] / "tests/data/g1_bottle/train"
_FPS = 15.0  # frames per second that are kept, as in the training
_SIZE = 224  # pixels, shorter side of the frames that are kept


def main(arguments: list[str] | None = None) -> np.ndarray:
    """Aligns; returns for each frame of the first video one of the second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("videos", nargs="*", default=sorted(_CLIPS.iterdir()))
    parser.add_argument("--logdir")
    parser.add_argument("--output", default="side_by_side.mp4")
    options = parser.parse_args(arguments)
    first, second = map(pathlib.Path, options.videos)

    with tempfile.TemporaryDirectory() as folder:
        if not options.logdir:
            settings = align_folder.Settings(minutes=0.5, sample_fps=_FPS)
            align_folder.align([first, second], folder, settings)
        model = tcc.load(options.logdir or f"{folder}/run")
    embs = [
        model.embed_video(path, fps=_FPS, size=_SIZE)
        for path in (first, second)
    ]
    partners = correspondence.align(*embs, method="dtw")

    left, right = (
        list(files.read_frames(path, fps=_FPS, shorter_side=_SIZE))
        for path in (first, second)
    )
    for i in np.linspace(0, len(left) - 1, 6).astype(int):
        partner = right[partners[i]]
        print(
            f"{left[i].timestamp:6.2f} s of {first.stem} is "
            f"{partner.timestamp:6.2f} s of {second.stem}"
        )
    pictures = (
        np.concatenate([_square(left[i]), _square(right[j])], axis=1)
        for i, j in enumerate(partners)
    )
    files.write_video(pathlib.Path(options.output), pictures, fps=_FPS)
    print(f"written: {options.output}")
    return partners


def _square(frame: files.Frame) -> np.ndarray:
    return np.asarray(Image.fromarray(frame.pixels).resize((_SIZE, _SIZE)))


if __name__ == "__main__":
    main()
