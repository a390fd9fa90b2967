"""Makes one prepared video from a record of the original's format.

A record is a `SequenceExample`: the context has `name` (bytes), `len` (int64)
and `label` (int64), the sequences are `video` (a JPEG file per frame) and
`frame_labels` (int64). All but `video` may be missing.
"""

import dataclasses
import functools
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from tcc.datasets.preparing import image_frames, video_record
from tcc.video.prepared import records

_KINDS = {"bytes_list": "bytes", "int64_list": "int64", "float_list": "float"}


@dataclasses.dataclass(frozen=True)
class RecordSource:
    """A record, and how its frames are kept."""

    path: pathlib.Path
    index: int  # of the record in its file, from 0
    offset: int  # bytes before it
    source_fps: float  # frames per second of the record
    fps: float | None  # frames per second to keep; None keeps all
    shorter_side: int | None  # pixels; None keeps the size
    num_phases: int  # 0: any number

    @property
    def name(self) -> str:
        """Its file and number: the name of the video stands inside."""
        return f"{self.path.name}:{self.index:06d}"

    @property
    def origin(self) -> str:
        """What messages call it."""
        return f"{self.path}, record {self.index} (from 0)"


def make_video(source: RecordSource) -> video_record.VideoRecord:
    """Reads a record.

    Args:
      source: which record, and how.

    Returns:
      The video; without labels when the record has none.

    Raises:
      ValueError: when the record is damaged, or not of the format. The message
        names the file, the record and the feature.
    """
    try:
        return _make_video(source)
    except ValueError as error:
        raise ValueError(f"{source.origin}: {error}") from error


def _make_video(source: RecordSource) -> video_record.VideoRecord:
    example = _read(source)
    context = example.context.feature
    sequences = example.feature_lists.feature_list
    jpegs = _sequence(sequences, "video", "bytes_list")
    if not jpegs:
        raise ValueError(
            "it has no frames (feature list `video`). Write it again with its "
            f"frames. Received: {sorted(sequences) or 'no feature lists'}."
        )
    declared = _scalar(context, "len", "int64_list")
    if declared is not None and declared != len(jpegs):
        raise ValueError(
            f"`len` must be the number of frames in `video`, {len(jpegs)}. "
            f"Write the record again. Received: {declared}."
        )
    kept = image_frames.keep(
        [functools.partial(bytes, jpeg) for jpeg in jpegs],
        origin=lambda index: f"frame {index} of `video`",
        source_fps=source.source_fps,
        fps=source.fps,
        shorter_side=source.shorter_side,
    )
    label = _scalar(context, "label", "int64_list")
    return video_record.VideoRecord(
        name=_name(context, source),
        jpegs=kept.jpegs,
        timestamps=kept.timestamps,
        frame_labels=_labels(sequences, len(jpegs), source)[kept.indices],
        fps=kept.fps,
        label=video_record.UNLABELLED if label is None else label,
        remarks=kept.remarks,
    )


def _read(source: RecordSource) -> Any:
    try:
        data = records.read(
            tf.constant(str(source.path)), tf.constant(source.offset, tf.int64)
        ).numpy()
    except tf.errors.DataLossError as error:
        raise ValueError(
            "the checksum of its data is wrong: the file is damaged there. "
            "Copy or download it again."
        ) from error
    try:
        return tf.train.SequenceExample.FromString(data)
    except Exception as error:
        # protobuf's DecodeError is not importable from one place in all
        # versions, and nothing else can fail here.
        raise ValueError(
            f"it is not a SequenceExample ({error}). Is the file of the "
            "original's format?"
        ) from error


def _sequence(sequences: Any, key: str, kind: str) -> list[Any]:
    """Returns the values of a feature list, one for each frame."""
    if key not in sequences:
        return []
    return [
        _value(feature, f"frame {index} of `{key}`", kind)
        for index, feature in enumerate(sequences[key].feature)
    ]


def _scalar(context: Any, key: str, kind: str) -> Any:
    """Returns the value of a context feature, None when there is none."""
    return _value(context[key], f"`{key}`", kind) if key in context else None


def _value(feature: Any, what: str, kind: str) -> Any:
    given = feature.WhichOneof("kind")
    values = getattr(feature, given).value if given else []
    if given != kind or len(values) != 1:
        raise ValueError(
            f"{what} must be one {_KINDS[kind]} value. Write the record again. "
            f"Received: {len(values)} {_KINDS.get(given, 'empty')} values."
        )
    return values[0]


def _name(context: Any, source: RecordSource) -> str:
    name = _scalar(context, "name", "bytes_list")
    if not name:
        return source.name
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"`name` must be UTF-8 text. Received: {name!r}."
        ) from error


def _labels(sequences: Any, count: int, source: RecordSource) -> np.ndarray:
    """Returns int64 [count], the phases of all frames."""
    given = _sequence(sequences, "frame_labels", "int64_list")
    if not given:
        return np.full(count, video_record.UNLABELLED, np.int64)
    if len(given) != count:
        raise ValueError(
            f"`frame_labels` must have {count} values, one for each frame. "
            f"Write the record again. Received: {len(given)}."
        )
    labels = np.array(given, np.int64)
    allowed = source.num_phases or np.inf
    bad = (labels < video_record.UNLABELLED) | (labels >= allowed)
    if bad.any():
        frame = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"`frame_labels` must be phases from 0 and below {allowed}, or -1 "
            "for none; mend them or --label_names. "
            f"Received: {labels[frame]} at frame {frame}."
        )
    return labels
