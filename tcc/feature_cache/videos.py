"""What training needs of the cached videos beside their features."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from tcc.video import catalogue as catalogue_lib
from tcc.video.prepared import record_parsing, records


@dataclasses.dataclass(frozen=True)
class VideoTable:
    """Lengths, names and labels of the cached videos.

    Attributes:
      numbers: int64 [U], in the catalogue, increasing.
      seq_lens: int64 [U], frames.
      labels: int64 [U], the action, -1 if none.
      names: [U] strings.
      frame_labels: int64 [sum of seq_lens], of all frames one video behind
        the other, -1 where unlabelled.
    """

    numbers: np.ndarray
    seq_lens: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    frame_labels: np.ndarray

    @property
    def num_frames(self) -> int:
        """Frames of all videos."""
        return int(self.seq_lens.sum())

    @property
    def starts(self) -> np.ndarray:
        """int64 [U], frames of the videos before each video."""
        return np.cumsum(self.seq_lens) - self.seq_lens


def read_record(
    catalogue: catalogue_lib.Catalogue, video: int
) -> dict[str, tf.Tensor]:
    """Reads a whole video; see `tcc.video.prepared.record_parsing.parse`."""
    path = catalogue.paths[catalogue.files[video]]
    record = records.read(path, catalogue.offsets[video])
    return record_parsing.parse(record, catalogue.fallback_names[video])


def scan(catalogue: catalogue_lib.Catalogue, numbers: np.ndarray) -> VideoTable:
    """Reads the records of some videos, without decoding frames.

    Args:
      catalogue: of all videos.
      numbers: int64 [U], increasing.

    Raises:
      tf.errors.InvalidArgumentError: a record lacks what it must have.
      tf.errors.DataLossError: a record is damaged.
    """
    found = [read_record(catalogue, number) for number in numbers.tolist()]
    return VideoTable(
        numbers=numbers,
        seq_lens=np.array([len(f["video"]) for f in found], np.int64),
        labels=np.array([int(f["label"]) for f in found], np.int64),
        names=np.array([f["name"].numpy().decode() for f in found], np.str_),
        frame_labels=np.concatenate([f["frame_labels"] for f in found]),
    )


def save(table: VideoTable, path: pathlib.Path) -> None:
    """Writes a table as `.npz`."""
    arrays = {
        field.name: getattr(table, field.name)
        for field in dataclasses.fields(VideoTable)
    }
    np.savez(path, **arrays)


def load(path: pathlib.Path) -> VideoTable:
    """Reads what `save` wrote; nothing in the file is run as code."""
    with np.load(path, allow_pickle=False) as arrays:
        return VideoTable(**{name: arrays[name] for name in arrays.files})
