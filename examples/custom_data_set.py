"""Prepares videos that come from a program, not from files.

    python examples/custom_data_set.py data

Three parts: a source says what one video is made from, a function of this
module makes it, and a builder lists the sources of each split. Everything else
(TFDS files, the contact sheet, several processes if the builder is given
options=generation.GenerationOptions(num_workers=8)) is the package's. Here the
videos are drawn: a ball rises, stays up and falls, at varying speeds.
"""

import argparse
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow_datasets as tfds
from etils import epath

from tcc.datasets.preparing import (
    features,
    jpeg,
    preparation,
    video_builder,
    video_record,
)
from tcc.datasets.showing import summary

_FPS = 10.0
_SIZE = 48  # pixels
_PHASES = ["rising", "up", "falling"]


@dataclasses.dataclass(frozen=True)
class BallSource:
    """One video; `name` and `origin` are what every source has."""

    name: str
    seed: int

    @property
    def origin(self) -> str:
        """What an error message calls it; for a file, its path."""
        return f"ball of seed {self.seed}"


def make_video(source: BallSource) -> video_record.VideoRecord:
    """Draws a video; with files, it would read one."""
    random = np.random.default_rng(source.seed)
    lengths = random.integers(6, 18, len(_PHASES))  # frames of each phase
    labels = np.repeat(np.arange(len(_PHASES)), lengths)
    heights = np.interp(
        np.arange(len(labels)), [0, *np.cumsum(lengths) - 1], [0, 1, 1, 0]
    )
    colour = random.integers(100, 255, 3)
    return video_record.VideoRecord(
        name=source.name,
        jpegs=[jpeg.encode(_draw(height, colour)) for height in heights],
        timestamps=np.arange(len(labels)) / _FPS,
        frame_labels=labels,
        fps=_FPS,
    )


def _draw(height: float, colour: np.ndarray) -> np.ndarray:
    """Returns a frame [H, W, 3] uint8."""
    rows, columns = np.mgrid[:_SIZE, :_SIZE]
    row = (0.9 - 0.8 * height) * _SIZE
    inside = (rows - row) ** 2 + (columns - _SIZE / 2) ** 2 < 25
    return np.where(inside[..., None], colour, 30).astype(np.uint8)


class Balls(video_builder.VideoBuilder):
    """The builder; its name is the data set's."""

    name = "balls"
    pkg_dir_path = epath.Path(pathlib.Path(__file__).parent)
    code_path = epath.Path(__file__)

    def _info(self) -> tfds.core.DatasetInfo:
        return features.dataset_info(
            self,
            description="A ball rises, stays up and falls.",
            citation="",
            homepage="",
            licence="free",
            phase_names=_PHASES,
        )

    def _find_sources(
        self, dl_manager: tfds.download.DownloadManager
    ) -> Mapping[str, Sequence[BallSource]]:
        del dl_manager  # would download what the videos are made from
        return {
            split: [BallSource(f"{split}_{i}", first + i) for i in range(count)]
            for split, first, count in (("train", 0, 12), ("val", 100, 4))
        }

    def _maker(self) -> video_builder.Maker:
        return make_video


def main(arguments: list[str] | None = None) -> pathlib.Path:
    """Prepares the data set; returns its folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=pathlib.Path)
    data_dir = parser.parse_args(arguments).data_dir
    folder = preparation.prepare_builder(
        lambda place: Balls(data_dir=place), data_dir=data_dir
    )
    print(summary.describe(folder))
    print(f"pictures: {folder / preparation.CONTACT_SHEET}")
    print(
        "train on it: python -m tcc.train --config=demo --logdir=run "
        f"--config.data.data_dir={data_dir} "
        "--config.data.datasets=\"('balls',)\""
    )
    return folder


if __name__ == "__main__":
    main()
