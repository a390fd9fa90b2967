"""Parses a record of a prepared data set: one video, its frames encoded.

TFDS's `SkipDecoding` gives the same, but walks over the JPEG strings one by one
and takes ten times as long.
"""

import numpy as np
import tensorflow as tf

_UNLABELLED = -1


def _sequence(dtype: tf.DType) -> tf.io.FixedLenSequenceFeature:
    return tf.io.FixedLenSequenceFeature([], dtype, allow_missing=True)


# TFDS keeps all floats in 32 bits.
_RECORD = {
    "video": _sequence(tf.string),
    "frame_labels": _sequence(tf.int64),
    "timestamps": _sequence(tf.float32),
    "name": tf.io.FixedLenFeature([], tf.string, ""),
    "fps": tf.io.FixedLenFeature([], tf.float32, np.nan),
    "label": tf.io.FixedLenFeature([], tf.int64, _UNLABELLED),
    "source": tf.io.FixedLenFeature([], tf.string, ""),
}


def parse(record: tf.Tensor, fallback_name: tf.Tensor) -> dict[str, tf.Tensor]:
    """Parses one record; what it lacks gets its value for "unknown".

    Args:
        record: string scalar.
        fallback_name: string scalar, for videos without a name.

    Returns:
        video: string [L], encoded frames.
        frame_labels: int64 [L], -1 if the record has none.
        timestamps: float64 [L], seconds; from fps if the record has none.
        name: string scalar.
        fps: float64 scalar, NaN if unknown.
        label: int64 scalar, -1 if unknown.
        source: string scalar, the path of the file it is from, or "".

    Raises:
        tf.errors.InvalidArgumentError: If the record has no frames, or labels
            or timestamps that are not one per frame.
    """
    fields = tf.io.parse_single_example(record, _RECORD)
    seq_len = tf.size(fields["video"])
    fps = tf.cast(fields["fps"], tf.float64)
    name = fields["name"]
    name = tf.where(tf.equal(name, ""), fallback_name, name)
    tf.debugging.assert_positive(seq_len, f"video {name} has no frames.")
    times = tf.range(tf.cast(seq_len, tf.float64), dtype=tf.float64) / fps
    return {
        "video": fields["video"],
        "frame_labels": _per_frame(
            fields["frame_labels"],
            tf.fill([seq_len], tf.constant(_UNLABELLED, tf.int64)),
            f"frame_labels of {name}",
        ),
        "timestamps": _per_frame(
            tf.cast(fields["timestamps"], tf.float64),
            times,
            f"timestamps of {name}",
        ),
        "name": name,
        "fps": fps,
        "label": fields["label"],
        "source": fields["source"],
    }


def _per_frame(values: tf.Tensor, default: tf.Tensor, what: str) -> tf.Tensor:
    """Returns `values` [L], or `default` [L] if there are none."""
    values = tf.cond(tf.size(values) > 0, lambda: values, lambda: default)
    tf.debugging.assert_equal(
        tf.size(values), tf.size(default), f"{what} are not one per frame."
    )
    return values
