"""Small files of exactly the structure in which data sets are published."""

import io
import pathlib

import numpy as np
import scipy.io
import tensorflow as tf
from PIL import Image


def picture(number: int, *, size=(24, 16), format="JPEG") -> bytes:
    """A picture whose grey level is 10 times its number."""
    pixels = np.full((size[1], size[0], 3), 10 * number % 256, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format)
    return buffer.getvalue()


def _bytes(*values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def _ints(*values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def sequence_example(
    name="video", *, num_frames=6, labels=None, action=None, **changes
) -> bytes:
    """A record as the original's tools write it.

    `changes` replaces features by name; None takes one away.
    """
    context = {"name": _bytes(name.encode()), "len": _ints(num_frames)}
    if action is not None:
        context["label"] = _ints(action)
    sequences = {"video": [_bytes(picture(i)) for i in range(num_frames)]}
    if labels is not None:
        sequences["frame_labels"] = [_ints(phase) for phase in labels]
    for key, value in changes.items():
        part = sequences if isinstance(value, list) else context
        part[key] = value
    return tf.train.SequenceExample(
        context=tf.train.Features(
            feature={k: v for k, v in context.items() if v is not None}
        ),
        feature_lists=tf.train.FeatureLists(
            feature_list={
                key: tf.train.FeatureList(feature=features)
                for key, features in sequences.items()
            }
        ),
    ).SerializeToString(deterministic=True)


def write_records(path: pathlib.Path, records: list[bytes]) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return path


def write_pouring(folder: pathlib.Path, *, counts=(2, 1, 2)) -> pathlib.Path:
    """The three published files of Pouring, with fewer videos."""
    labels = [0, 1, 2, 2, 3, 4]
    names = ("train-0-of-2", "train-1-of-2", "val-0-of-1")
    for name, count in zip(names, counts, strict=True):
        write_records(
            folder / f"pouring_{name}.tfrecord",
            [
                sequence_example(f"{name}_{i}", labels=labels)
                for i in range(count)
            ],
        )
    return folder


def penn_annotation(action: str, num_frames: int, /, **changes) -> dict:
    """The variables of labels/<id>.mat; savemat makes MATLAB's of them."""
    columns = np.arange(13.0)
    rows = np.arange(num_frames)[:, np.newaxis]
    return {
        "action": action,
        "pose": "back",
        "x": columns + rows,
        "y": 2 * columns + rows,
        "visibility": np.ones((num_frames, 13), bool),
        "train": 1,
        "bbox": np.tile([1.0, 2.0, 20.0, 14.0], (num_frames, 1)),
        "dimensions": [16, 24, num_frames],
        "nframes": num_frames,
    } | changes


def write_penn_video(
    folder: pathlib.Path, number: str, action: str, num_frames=6, **changes
) -> None:
    """Frames and annotation of one video."""
    frames = folder / "frames" / number
    frames.mkdir(parents=True)
    for index in range(num_frames):
        (frames / f"{index + 1:06d}.jpg").write_bytes(picture(index))
    (folder / "labels").mkdir(exist_ok=True)
    scipy.io.savemat(
        folder / "labels" / f"{number}.mat",
        penn_annotation(action, num_frames, **changes),
        do_compression=True,
    )


def write_penn_action(folder: pathlib.Path) -> pathlib.Path:
    """Two actions of the paper in the set's own spelling, and one beside."""
    write_penn_video(folder, "0001", "bowl")
    write_penn_video(folder, "0002", "bowl", 8)
    write_penn_video(folder, "0003", "bowl", train=-1)
    write_penn_video(folder, "0004", "tennis_serve")
    write_penn_video(folder, "0005", "tennis_serve", train=-1)
    write_penn_video(folder, "0006", "jump_rope")
    return folder


def write_phases(folder: pathlib.Path) -> pathlib.Path:
    """Phases as <split>/<action>/<id>.npy; one has its own length."""
    for where, labels in {
        "train/bowling/0001": [0, 0, 1, 1, 2, 2],
        "train/bowling/0003": [0, 1, 1, 2, 2, 2],
        "val/bowling/0002": [0, 1, 2, 2],  # for 8 frames
        "train/tennis_serve/0004": [0, 1, 2, 3, 3, 3],
        "val/tennis_serve/0005": [0, 1, 2, 3, 3, 3],
    }.items():
        path = folder / f"{where}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array(labels))
    return folder
