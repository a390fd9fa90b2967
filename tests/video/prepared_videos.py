"""Writes small data sets in the prepared form, with TFDS alone."""

import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

PHASE_NAMES = ["first", "second"]


def make_frames(
    number: int, *, num_frames: int, height: int, width: int
) -> list[bytes]:
    """Returns JPEGs whose grey level tells the video and the frame."""
    return [
        tf.io.encode_jpeg(
            np.full((height, width, 3), grey_level(number, i), np.uint8),
            quality=100,
        ).numpy()
        for i in range(num_frames)
    ]


def grey_level(number: int, frame: int) -> int:
    """The grey of a frame, in 0...255: distinct for small numbers."""
    return (40 * number + 2 * frame) % 256


def write(
    data_dir: pathlib.Path,
    name: str = "tiny",
    *,
    config: str = "",
    version: str = "1.0.0",
    lengths: dict[str, list[int]] | None = None,
    first_number: int = 0,
    optional_features: bool = True,
    num_shards: int = 2,
    size: tuple[int, int] = (16, 20),
    broken_before: int = 0,
) -> pathlib.Path:
    """Writes a data set and returns its folder.

    Video k (counted over the splits from `first_number` on) is called
    "video_<k>", has action k % 3, phase 0 in its first half and 1 after it,
    and 10 frames a second. Its frames before `broken_before` cannot be
    decoded.
    """
    lengths = lengths or {"train": [30, 25, 40, 12, 33], "val": [20, 22]}
    features = {
        "video": tfds.features.Sequence(
            tfds.features.Image(encoding_format="jpeg")
        )
    }
    if optional_features:
        features |= {
            "frame_labels": tfds.features.Sequence(np.int64),
            "timestamps": tfds.features.Sequence(np.float64),
            "name": tfds.features.Text(),
            "fps": tfds.features.Scalar(np.float64),
            "label": tfds.features.Scalar(np.int64),
        }
    splits = {}
    number = first_number
    for split, split_lengths in lengths.items():
        splits[split] = [
            (i, _example(number + i, num_frames, size, broken_before))
            for i, num_frames in enumerate(split_lengths)
        ]
        number += len(split_lengths)
    builder = _Builder(
        name=name,
        version=version,
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            split: [
                (key, {field: example[field] for field in features})
                for key, example in examples
            ]
            for split, examples in splits.items()
        },
        config=config or None,
        data_dir=data_dir,
        disable_shuffling=True,
    )
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(num_shards=num_shards)
    )
    return pathlib.Path(builder.data_dir)


class _Builder(tfds.core.dataset_builders.AdhocBuilder):
    """Writes examples given as lists, and names the phases."""

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            features=self._feature_spec,
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(phase_names=PHASE_NAMES),
        )


def _example(
    number: int, num_frames: int, size: tuple[int, int], broken_before: int
) -> dict[str, object]:
    labels = [int(i >= num_frames // 2) for i in range(num_frames)]
    jpegs = make_frames(
        number, num_frames=num_frames, height=size[0], width=size[1]
    )
    jpegs[:broken_before] = [b"not a picture"] * broken_before
    return {
        "video": jpegs,
        "frame_labels": labels,
        "timestamps": [i / 10 for i in range(num_frames)],
        "name": f"video_{number}",
        "fps": 10.0,
        "label": number % 3,
    }
