"""Reads a prepared data set back, without its builder's code.

For the tools in this folder; training reads through `tcc.video`.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds

from tcc.datasets import video_record


def open_folder(folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    """Opens a prepared data set.

    Args:
      folder: `<data_dir>/<dataset>/<config>/<version>`.

    Returns:
      A builder that can read.
    """
    return tfds.builder_from_directory(folder)


def iterate_videos(
    builder: tfds.core.DatasetBuilder, split: str
) -> Iterator[video_record.VideoRecord]:
    """Reads videos one by one, in their order in the files.

    Args:
      builder: of an opened data set.
      split: "train", "val[:5]" and so on.

    Yields:
      The videos, their frames still JPEG.
    """
    dataset = builder.as_dataset(
        split=split, decoders={"video": tfds.decode.SkipDecoding()}
    )
    for example in dataset.as_numpy_iterator():
        yield video_record.VideoRecord(
            name=example["name"].decode(),
            jpegs=list(example["video"]),
            timestamps=np.asarray(example["timestamps"]),
            frame_labels=np.asarray(example["frame_labels"]),
            fps=float(example["fps"]),
            label=int(example["label"]),
        )
