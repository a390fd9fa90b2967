"""Finds the video behind an error that a graph cannot explain.

Decoding happens inside tf.data, whose errors say neither which video nor
which frame. To carry names through the graph would cost every step something;
to look for the damage once it has shown itself costs nothing before.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tcc.configs import schema
from tcc.video import prepared
from tcc.video.prepared import record_parsing, records

_ERRORS = (tf.errors.InvalidArgumentError, tf.errors.DataLossError)


@contextlib.contextmanager
def named(config: schema.DataConfig) -> Iterator[None]:
    """Gives an error of reading or decoding the name of its video.

    Args:
        config: Of the data that is read inside.

    Raises:
        ValueError: If a video that cannot be read is behind the error.
    """
    try:
        yield
    except _ERRORS as error:
        found = find(config)
        if not found:
            raise
        raise ValueError(found) from error


def decoding_problem(picture: bytes) -> str:
    """Returns why training could not decode a frame, "" if it can.

    Args:
        picture: An encoded frame.
    """
    try:
        tf.io.decode_jpeg(picture, channels=3)
    except tf.errors.InvalidArgumentError as error:
        return error.message.split(" [Op:")[0].rstrip(". ")
    return ""


def find(config: schema.DataConfig) -> str:
    """Looks through the training videos for one that cannot be read.

    Args:
        config: Of the data that a run reads.

    Returns:
        The first damage, with the names of data set, file and video, and its
        mend; "" if there is none.
    """
    for name in config.datasets:
        dataset = prepared.open_dataset(name, config.data_dir)
        table = dataset.locate(config.train_split)
        for index, offset in enumerate(table.offsets):
            path = table.paths[table.files[index]]
            problem = _find_in_record(path, offset, table.fallback_names[index])
            if problem:
                return (
                    f"data set {name}, split {config.train_split!r}, {problem} "
                    f"(in {path}). Prepare the data set again; python -m "
                    f"tcc.datasets.validate --dataset={name} finds all damage."
                )
    return ""


def _find_in_record(path: str, offset: int, fallback_name: str) -> str:
    try:
        fields = record_parsing.parse(records.read(path, offset), fallback_name)
    except _ERRORS as error:
        return f"the record at byte {offset} is damaged: {error.message}"
    for index, picture in enumerate(fields["video"].numpy()):
        problem = decoding_problem(picture)
        if problem:
            name = fields["name"].numpy().decode("utf-8", "replace")
            return (
                f"frame {index} of video {name!r} cannot be decoded: {problem}"
            )
    return ""
