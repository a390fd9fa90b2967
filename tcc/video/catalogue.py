"""Where every video of a training run is, and how they are grouped."""

import dataclasses

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.video import prepared, records, views


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Where every video of the run is.

    Attributes:
        paths: string [number of files].
        files: int64 [V], for each video an index into `paths`.
        offsets: int64 [V], bytes before its record.
        fallback_names: string [V], for videos without a name.
        dataset_ids: int64 [V], for each video its place in the data sets.
        groups: The numbers of the videos of each data set; with views, the
            numbers of its recordings.
        recordings: int64 [recordings, most views], videos, -1 behind the last;
            None without views.
    """

    paths: tf.Tensor
    files: tf.Tensor
    offsets: tf.Tensor
    fallback_names: tf.Tensor
    dataset_ids: tf.Tensor
    groups: list[np.ndarray]
    recordings: tf.Tensor | None = None


def build(config: schema.DataConfig, batch_size: int) -> Catalogue:
    """Opens the data sets and numbers their videos.

    Args:
        config: Data sets, split, and which videos are views of a recording.
        batch_size: Videos of a training step.

    Raises:
        ValueError: If a data set is too small for the batch, or its names do
            not tell the recordings.
        FileNotFoundError: If a data set is not prepared.
    """
    paths: list[str] = []
    files: list[np.ndarray] = []
    offsets: list[np.ndarray] = []
    fallback_names: list[str] = []
    groups: list[np.ndarray] = []
    recordings: list[np.ndarray] = []
    for name in config.datasets:
        dataset = prepared.open_dataset(name, config.data_dir)
        table = dataset.locate(config.train_split)
        if len(table) < batch_size:
            raise ValueError(
                f"batch_size must be at most the number of videos in split "
                f"{config.train_split!r} of data set {name}, which is "
                f"{len(table)}: lower train.batch_size or add videos. "
                f"Received: {batch_size}"
            )
        files.append(table.files + len(paths))
        offsets.append(table.offsets)
        paths += table.paths
        groups.append(len(fallback_names) + np.arange(len(table)))
        if config.view_pattern:
            found = _find_views(table, config.view_pattern, name)
            recordings.append(np.where(found < 0, -1, groups[-1][found]))
        fallback_names += table.fallback_names
    catalogue = Catalogue(
        paths=tf.constant(paths),
        files=tf.constant(np.concatenate(files)),
        offsets=tf.constant(np.concatenate(offsets)),
        fallback_names=tf.constant(fallback_names),
        dataset_ids=tf.constant(
            np.repeat(np.arange(len(groups)), list(map(len, groups)))
        ),
        groups=groups,
    )
    if not config.view_pattern:
        return catalogue
    return _with_recordings(catalogue, recordings, batch_size, config)


def _find_views(
    table: records.RecordTable, pattern: str, dataset: str
) -> np.ndarray:
    """Groups the videos of a data set into recordings, by their names.

    Only the names and lengths are wanted, but they stand inside the records:
    each is read once.
    """
    names, seq_lens = [], []
    for index, offset in enumerate(table.offsets):
        record = records.read(table.paths[table.files[index]], offset)
        fields = prepared.parse(record, table.fallback_names[index])
        names.append(fields["name"].numpy().decode())
        seq_lens.append(int(tf.size(fields["video"])))
    return views.find_recordings(
        names, seq_lens, pattern=pattern, dataset=dataset
    )


def _with_recordings(
    catalogue: Catalogue,
    recordings: list[np.ndarray],
    batch_size: int,
    config: schema.DataConfig,
) -> Catalogue:
    """Makes the groups those of recordings, two views of each in a batch."""
    most = max(table.shape[1] for table in recordings)
    groups, count = [], 0
    for name, table in zip(config.datasets, recordings, strict=True):
        if batch_size % 2 or len(table) < batch_size // 2:
            raise ValueError(
                "batch_size must be even and at most twice the number of "
                f"recordings in split {config.train_split!r} of data set "
                f"{name}, which is {len(table)}. Received: {batch_size}"
            )
        groups.append(count + np.arange(len(table)))
        count += len(table)
    padded = [
        np.pad(
            table,
            ((0, 0), (0, most - table.shape[1])),
            constant_values=-1,
        )
        for table in recordings
    ]
    return dataclasses.replace(
        catalogue,
        groups=groups,
        recordings=tf.constant(np.concatenate(padded)),
    )
