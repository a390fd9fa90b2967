"""Small prepared data sets for the tests of what reads them."""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow_datasets as tfds

from tcc.datasets.preparing import features, jpeg, video_record

PHASE_NAMES = ("reach", "pour", "rest")


def make_video(
    name: str,
    labels: Sequence[int],
    *,
    times: Sequence[float] | None = None,
    label: int = video_record.UNLABELLED,
) -> video_record.VideoRecord:
    """Returns a video of 24 x 32 pixels that brightens, 10 frames a second."""
    count = len(labels)
    return video_record.VideoRecord(
        name=name,
        jpegs=[
            jpeg.encode(np.full((24, 32, 3), 20 + 5 * index, np.uint8))
            for index in range(count)
        ],
        timestamps=np.arange(count) / 10 if times is None else np.array(times),
        frame_labels=np.array(labels, np.int64),
        fps=10.0,
        label=label,
    )


def write(
    data_dir: pathlib.Path,
    splits: dict[str, Sequence[video_record.VideoRecord]],
    *,
    name: str = "small",
) -> pathlib.Path:
    """Writes a data set in the prepared form and returns its folder."""
    builder = _ExamplesBuilder(
        name=name,
        version="1.0.0",
        features=features.feature_form(),
        split_datasets={
            split: [
                (index, features.to_example(video))
                for index, video in enumerate(videos)
            ]
            for split, videos in splits.items()
        },
        data_dir=data_dir,
        disable_shuffling=True,
    )
    builder.download_and_prepare()
    return pathlib.Path(builder.data_dir)


class _ExamplesBuilder(tfds.core.dataset_builders.AdhocBuilder):
    """Writes examples given as lists, and names the phases."""

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            features=self._feature_spec,
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(
                phase_names=list(PHASE_NAMES), skipped={}
            ),
        )
