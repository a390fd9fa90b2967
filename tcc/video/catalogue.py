"""Where every video of a training run is, and how they are grouped."""

import dataclasses

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.video import groups as groups_lib
from tcc.video import prepared, views
from tcc.video.prepared import record_fields, record_parsing, records


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Where every video of the run is.

    Attributes:
        paths: string [number of files].
        files: int64 [V], for each video an index into `paths`.
        offsets: int64 [V], bytes before its record.
        fallback_names: string [V], for videos without a name.
        dataset_ids: int64 [V], for each video its place in the data sets.
        groups: The numbers of the videos of each data set, or of each action
            of it; with views, the numbers of its recordings.
        weights: How often each group gives a batch.
        recordings: int64 [recordings, most views], videos, -1 behind the last;
            None without views.
    """

    paths: tf.Tensor
    files: tf.Tensor
    offsets: tf.Tensor
    fallback_names: tf.Tensor
    dataset_ids: tf.Tensor
    groups: list[np.ndarray]
    weights: list[float]
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
    labels: list[np.ndarray] = []
    for name in config.datasets:
        dataset = prepared.open_dataset(name, config.data_dir)
        table = dataset.locate(config.train_split)
        files.append(table.files + len(paths))
        offsets.append(table.offsets)
        paths += table.paths
        groups.append(len(fallback_names) + np.arange(len(table)))
        if config.view_pattern:
            found = _find_views(table, config.view_pattern, name)
            recordings.append(np.where(found < 0, -1, groups[-1][found]))
        if config.batch_by == "action":
            labels.append(_read_labels(table))
        fallback_names += table.fallback_names
    by_dataset = groups_lib.by_dataset(groups, config)
    chosen = groups_lib.by_action(by_dataset, labels) if labels else by_dataset
    if not config.view_pattern:
        chosen = groups_lib.limit(chosen, config, at_least=batch_size)
    catalogue = Catalogue(
        paths=tf.constant(paths),
        files=tf.constant(np.concatenate(files)),
        offsets=tf.constant(np.concatenate(offsets)),
        fallback_names=tf.constant(fallback_names),
        dataset_ids=tf.constant(
            np.repeat(np.arange(len(groups)), list(map(len, groups)))
        ),
        groups=[group.videos for group in chosen],
        weights=[group.weight for group in chosen],
    )
    if not config.view_pattern:
        return catalogue
    return _with_recordings(catalogue, recordings, batch_size, config)


def _read_labels(table: records.RecordTable) -> np.ndarray:
    """Returns int64 [V], the action of each video, -1 none."""
    labels = np.full(len(table), -1, np.int64)
    for index, path in enumerate(table.paths):
        here = table.files == index
        labels[here] = record_fields.read_ints(
            path, table.offsets[here].tolist(), "label", default=-1
        )
    return labels


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
        fields = record_parsing.parse(record, table.fallback_names[index])
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
    limited = groups_lib.limit(
        groups_lib.by_dataset(groups, config), config, at_least=batch_size // 2
    )
    return dataclasses.replace(
        catalogue,
        groups=[group.videos for group in limited],
        recordings=tf.constant(np.concatenate(padded)),
    )
