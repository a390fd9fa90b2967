"""What training needs of the cached videos beside their features."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from tcc.io import atomic_files, limits, npz_files
from tcc.video.planning import catalogue as catalogue_lib
from tcc.video.prepared import record_parsing, records

_KINDS = {
    "numbers": ("i", 1),
    "seq_lens": ("i", 1),
    "labels": ("i", 1),
    "names": ("U", 1),
    "frame_labels": ("i", 1),
}


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
    """Writes a table as `.npz`, whole or not at all."""
    arrays = {
        field.name: getattr(table, field.name)
        for field in dataclasses.fields(VideoTable)
    }
    with atomic_files.write(path) as unfinished:
        np.savez(unfinished, **arrays)


def load(path: pathlib.Path, *, numbers: np.ndarray) -> VideoTable:
    """Reads what `save` wrote; nothing in the file is run as code.

    Args:
      path: of the file.
      numbers: int64 [U], of the videos that it must hold.

    Raises:
      ValueError: it is damaged or of other videos; the message names it.
    """
    try:
        table = VideoTable(**npz_files.read(path, _KINDS))
        _check(table, numbers)
    except (ValueError, MemoryError) as error:
        raise ValueError(
            f"{path} is damaged: {str(error).rstrip('.')}. Delete the folder "
            f"{path.parent}; the next run computes it again."
        ) from error
    return table


def _check(table: VideoTable, numbers: np.ndarray) -> None:
    if not np.array_equal(table.numbers, numbers):
        raise ValueError("it is a table of other videos")
    for name in ("seq_lens", "labels", "names"):
        if len(getattr(table, name)) != len(numbers):
            raise ValueError(
                f"{name} must have one entry for each of {len(numbers)} "
                f"videos. Received: {len(getattr(table, name))}"
            )
    if (
        not 1
        <= table.seq_lens.min()
        <= table.seq_lens.max()
        <= (limits.MAX_FRAMES)
    ):
        raise ValueError("seq_lens must be numbers of frames")
    if len(table.frame_labels) != table.num_frames:
        raise ValueError(
            f"frame_labels must have {table.num_frames} entries. Received: "
            f"{len(table.frame_labels)}"
        )
    if table.labels.min() < -1 or table.frame_labels.min() < -1:
        raise ValueError("labels must be -1 or more")
