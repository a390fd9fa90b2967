"""Reads a prepared data set back, without its builder's code.

For the tools in this folder; training reads through `tcc.video`.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from tcc.datasets.preparing import video_record
from tcc.video.prepared import prepared_files

# Of sets that were not prepared here and do not say it.
_UNKNOWN_FPS = 30.0


def open_folder(folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    """Opens a prepared data set.

    Args:
      folder: `<data_dir>/<dataset>/<config>/<version>`.

    Returns:
      A builder that can read.

    Raises:
      FileNotFoundError: a file of its description is missing.
      ValueError: its description is damaged, or must not be read; see
        `tcc.video.prepared.prepared_files`.
    """
    return prepared_files.open_builder(folder)


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
    for index, example in enumerate(dataset.as_numpy_iterator()):
        yield _to_record(example, f"{split}/{index}")


def _to_record(
    example: dict[str, Any], fallback_name: str
) -> video_record.VideoRecord:
    """Fills in what sets of TFDS's own catalogue do not have."""
    jpegs = list(example["video"])
    count = len(jpegs)
    fps = float(example.get("fps", _UNKNOWN_FPS))
    return video_record.VideoRecord(
        name=example.get("name", fallback_name.encode()).decode(),
        jpegs=jpegs,
        timestamps=np.asarray(
            example.get("timestamps", np.arange(count) / fps)
        ),
        frame_labels=np.asarray(
            example.get(
                "frame_labels",
                np.full(count, video_record.UNLABELLED, np.int64),
            )
        ),
        fps=fps,
        label=int(example.get("label", video_record.UNLABELLED)),
        source=example.get("source", b"").decode(),
    )
