"""Writes a prepared data set as TFRecords of the original's format.

A record is a `SequenceExample`: context `name` (bytes), `len` and `label`
(int64); sequences `video` (a JPEG file per frame) and `frame_labels` (int64).
Files are `<set>_<split>-<i>-of-<n>.tfrecord`.
"""

import math
import pathlib

import numpy as np
import tensorflow as tf

from tcc.datasets.preparing import jpeg as jpeg_files
from tcc.datasets.preparing import pictures
from tcc.io import safe_names
from tcc.video import prepared

VIDEOS_PER_FILE = 50
_JPEG_START = b"\xff\xd8"


def export_split(
    dataset: prepared.PreparedDataset,
    split: str,
    folder: pathlib.Path,
    *,
    data_dir: str,
    set_name: str,
) -> list[float]:
    """Writes the videos of a split.

    Args:
      dataset: the prepared set.
      split: its name.
      folder: where the files are made.
      data_dir: of the data set.
      set_name: what the files are called after.

    Returns:
      The frame rate of each video, which the records do not say.
    """
    count = len(dataset.locate(split))
    num_files = max(1, math.ceil(count / VIDEOS_PER_FILE))
    # Files of even size: of 70 videos 35 and 35, not 50 and 20.
    first_of = [round(count * i / num_files) for i in range(num_files + 1)]
    videos = prepared.iterate_videos(dataset.name, data_dir, split)
    rates = []
    stem = f"{set_name}_{safe_names.make_safe(split)}"
    for index in range(num_files):
        path = folder / f"{stem}-{index}-of-{num_files}.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for _ in range(first_of[index], first_of[index + 1]):
                video = next(videos)
                writer.write(to_sequence_example(video))
                rates.append(video.fps)
    return rates


def to_sequence_example(video: prepared.Video) -> bytes:
    """Serializes a video as the original's reader takes it.

    Args:
      video: frames and labels. Times are not part of the format.

    Returns:
      The serialized `SequenceExample`.
    """
    jpegs = [_as_jpeg(picture) for picture in video.jpegs]
    context = tf.train.Features(
        feature={
            "name": _bytes_feature(video.name.encode()),
            "len": _int64_feature(len(jpegs)),
            "label": _int64_feature(video.label),
        }
    )
    sequences = tf.train.FeatureLists(
        feature_list={
            "video": tf.train.FeatureList(
                feature=[_bytes_feature(picture) for picture in jpegs]
            ),
            "frame_labels": tf.train.FeatureList(
                feature=[_int64_feature(int(p)) for p in video.frame_labels]
            ),
        }
    )
    return tf.train.SequenceExample(
        context=context, feature_lists=sequences
    ).SerializeToString()


def _as_jpeg(picture: bytes) -> bytes:
    """Returns a JPEG as it is, and any other picture as JPEG."""
    if picture.startswith(_JPEG_START):
        return picture
    with pictures.open_picture(picture) as decoded:
        return jpeg_files.encode(np.asarray(pictures.to_rgb(decoded)))


def _bytes_feature(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _int64_feature(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
