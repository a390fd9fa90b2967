"""Where every video of a training run is, and how they are grouped."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.video import prepared
from tcc.video.planning import groups as groups_lib
from tcc.video.planning import views
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

    @functools.cached_property
    def used_videos(self) -> np.ndarray:
        """int64 [U], the numbers of the videos that batches are made of."""
        chosen = np.concatenate(self.groups)
        if self.recordings is not None:
            chosen = self.recordings.numpy()[chosen].ravel()
            chosen = chosen[chosen >= 0]
        return np.unique(chosen)

    @property
    def training_ids(self) -> np.ndarray:
        """int64 [V], places of the videos in `used_videos`, -1 if not there.

        They are the numbers themselves unless videos are left out.
        """
        ids = np.full(len(self.files), -1, np.int64)
        ids[self.used_videos] = np.arange(len(self.used_videos))
        return ids


def build(
    config: schema.DataConfig, batch_size: int, *, min_seq_len: int = 1
) -> Catalogue:
    """Opens the data sets and numbers their videos.

    Args:
        config: Data sets, split, and which videos are views of a recording.
        batch_size: Videos of a training step.
        min_seq_len: Frames; shorter videos keep their numbers, but are in no
            group.

    Raises:
        ValueError: If a data set is too small for the batch, or its names do
            not tell the recordings, or all videos are too short.
        FileNotFoundError: If a data set is not prepared.
    """
    paths: list[str] = []
    files: list[np.ndarray] = []
    offsets: list[np.ndarray] = []
    fallback_names: list[str] = []
    groups: list[np.ndarray] = []
    recordings: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    seq_lens: list[np.ndarray] = []
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
        if min_seq_len > 1:
            seq_lens.append(count_frames(table))
        fallback_names += table.fallback_names
    by_dataset = groups_lib.by_dataset(groups, config)
    chosen = groups_lib.by_action(by_dataset, labels) if labels else by_dataset
    if not config.view_pattern:
        if seq_lens:
            chosen = groups_lib.long_enough(
                chosen, np.concatenate(seq_lens), min_seq_len
            )
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
    return _with_recordings(
        catalogue,
        recordings,
        batch_size,
        config,
        seq_lens=np.concatenate(seq_lens) if seq_lens else None,
        min_seq_len=min_seq_len,
    )


def count_frames(table: records.RecordTable) -> np.ndarray:
    """Returns int64 [V], the frames of each video; none of them is read."""
    seq_lens = np.zeros(len(table), np.int64)
    for index, path in enumerate(table.paths):
        here = table.files == index
        seq_lens[here] = record_fields.count_values(
            path, table.offsets[here].tolist(), "video"
        )
    return seq_lens


def find_short_videos(
    dataset: str, split: str, *, data_dir: str, min_seq_len: int
) -> list[str]:
    """Names the videos that an objective leaves out of training.

    Args:
        dataset: Name of the prepared data set.
        split: Of it, in TFDS's notation.
        data_dir: Where it was prepared.
        min_seq_len: Frames, from `ClipSpec.min_seq_len`.

    Raises:
        FileNotFoundError: If the data set is not prepared there.
        ValueError: If it has no such split, or a record is damaged.
    """
    table = prepared.open_dataset(dataset, data_dir).locate(split)
    names = []
    for index in np.flatnonzero(count_frames(table) < min_seq_len):
        record = records.read(
            table.paths[table.files[index]], table.offsets[index]
        )
        fields = record_parsing.parse(record, table.fallback_names[index])
        names.append(fields["name"].numpy().decode())
    return names


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
    *,
    seq_lens: np.ndarray | None,
    min_seq_len: int,
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
    table = np.concatenate(padded)
    chosen = groups_lib.by_dataset(groups, config)
    if seq_lens is not None:
        longest = np.iinfo(np.int64).max
        of_views = np.where(table < 0, longest, seq_lens[table])
        chosen = groups_lib.long_enough(
            chosen, of_views.min(axis=1), min_seq_len
        )
    chosen = groups_lib.limit(chosen, config, at_least=batch_size // 2)
    return dataclasses.replace(
        catalogue,
        groups=[group.videos for group in chosen],
        weights=[group.weight for group in chosen],
        recordings=tf.constant(table),
    )
