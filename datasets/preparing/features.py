"""The one prepared form: what every builder writes and every reader expects.

A data set is prepared once, by any of the builders, into TFDS files under
`<data_dir>/<dataset>/<config>/<version>/`; from there on nothing depends on
where the videos came from. Frames are kept as JPEG, so that a reader decodes
only those that it needs (`tfds.decode.SkipDecoding`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from tcc.datasets.preparing import video_record

UNLABELLED = video_record.UNLABELLED


def feature_form(
    extras: Mapping[str, Any] | None = None,
) -> tfds.features.FeaturesDict:
    """Returns the TFDS features of a prepared video.

    Args:
      extras: further features that a data set has, by name. Training does not
        read them; `tfds` does.
    """
    return tfds.features.FeaturesDict(
        {
            "name": tfds.features.Text(doc="of the video in its data set"),
            "video": tfds.features.Sequence(
                tfds.features.Image(encoding_format="jpeg")
            ),
            "frame_labels": tfds.features.Sequence(
                tfds.features.Scalar(
                    np.int64, doc="phase of the frame, -1 unlabelled"
                )
            ),
            "timestamps": tfds.features.Sequence(
                tfds.features.Scalar(
                    np.float64, doc="seconds since the video's first frame"
                )
            ),
            "fps": tfds.features.Scalar(
                np.float64, doc="frames per second, on average"
            ),
            "label": tfds.features.Scalar(
                np.int64, doc="action of the whole video, -1 none"
            ),
            "source": tfds.features.Text(
                doc="path of the file that it was made from, or empty"
            ),
            **(extras or {}),
        }
    )


def dataset_info(
    builder: tfds.core.DatasetBuilder,
    *,
    description: str,
    citation: str,
    homepage: str,
    licence: str,
    phase_names: Sequence[str],
    action_names: Sequence[str] = (),
    extras: Mapping[str, Any] | None = None,
) -> tfds.core.DatasetInfo:
    """Returns the information that a builder's `_info` must return.

    Args:
      builder: the builder itself.
      description: what the videos show, where they are from.
      citation: BibTeX.
      homepage: a URL, or "".
      licence: of the videos.
      phase_names: by index; empty when the set has no phases. Readers find
        them as `info.metadata["phase_names"]`.
      action_names: of the videos' labels, by index; likewise.
      extras: as in `feature_form`.

    Returns:
      The information. Its metadata also has "skipped" and "notes", dicts from
      file to reason or remark, which the preparation fills.
    """
    return tfds.core.DatasetInfo(
        builder=builder,
        description=description,
        features=feature_form(extras),
        citation=citation,
        homepage=homepage or None,
        license=licence,
        metadata=tfds.core.MetadataDict(
            phase_names=list(phase_names),
            action_names=list(action_names),
            skipped={},
            notes={},
        ),
    )


def to_example(video: video_record.VideoRecord) -> dict[str, Any]:
    """Returns a video as the example that TFDS encodes."""
    example = {
        field.name: getattr(video, field.name)
        for field in dataclasses.fields(video)
        if field.name not in video_record.NOT_STORED
    }
    example["video"] = example.pop("jpegs")
    return example | dict(example.pop("extras"))
