"""Batches for training.

The way of a batch: `plan` names its videos, `records` reads them, `sampling`
picks the steps and their context, only those frames are decoded and
augmented. Every random draw has a seed folded from the run's seed, the step
and the slot in the batch, so the batch of a step does not depend on what was
read before, on timing, or on the number of workers.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.video import (
    augmentation,
    plan,
    prepared,
    preprocessing,
    records,
    sampling,
    seeds,
    views,
)

# Purposes of a draw, folded into the seed.
_PLAN, _STEPS, _AUGMENTATION, _VIEWS = 0, 1, 2, 3


@dataclasses.dataclass(frozen=True)
class _Catalogue:
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


def training_batches(
    config: schema.DataConfig,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    sample_steps: sampling.StepSampler | None = None,
    num_workers: int = 1,
    worker: int = 0,
) -> tf.data.Dataset:
    """Reads the batches of all steps from `start_step` on, without end.

    The batch of a step is a pure function of `seed` and the step: a run that
    is continued at `start_step` sees what an uninterrupted one sees, and
    nothing before it is read. A batch comes from one data set; of several,
    each step's is drawn uniformly. All its videos differ. With
    `config.view_pattern` it holds pairs of videos, one behind the other, that
    are two views of one recording at the same steps.

    Args:
        config: Data sets, sampling, context, augmentation. Part of a split is
            read with TFDS's notation, such as train_split="train[:10]".
        batch_size: N, videos of a step over all workers.
        seed: Of the run.
        start_step: The first step.
        sample_steps: Draws the steps of a clip in place of `config.sampling`:
            (seq_len int64 scalar, seed int32 [2]) -> int64 [T].
        num_workers: Processes that share a batch; each reads its own slice of
            batch_size / num_workers videos and nothing else.
        worker: Which of them this is, from 0.

    Returns:
        A data set of dictionaries:
            frames: float32 [N, T, C, H, W, 3] in [-1, 1].
            steps: int64 [N, T], frame indices in the whole video.
            seq_lens: int64 [N], lengths of the whole videos.
            frame_labels: int64 [N, T], -1 where unlabelled.
            labels: int64 [N], the action, -1 if none.
            dataset_ids: int64 [N], the video's place in `config.datasets`.
            names: string [N].

    Raises:
        ValueError: If a data set has fewer videos than `batch_size`, or an
            argument is out of range.
        FileNotFoundError: If a data set is not prepared.
    """
    _check_arguments(batch_size, start_step, num_workers, worker)
    catalogue = _build_catalogue(config, batch_size)
    sample_steps = sample_steps or sampling.step_sampler(config)
    run_seed = seeds.from_int(seed)
    slots = tf.range(batch_size)
    share = batch_size // num_workers
    mine = slice(worker * share, (worker + 1) * share)
    num_views = 1 if catalogue.recordings is None else 2

    def spread(step: tf.Tensor, videos: tf.Tensor) -> tf.data.Dataset:
        if catalogue.recordings is not None:
            view_seed = seeds.fold(run_seed, _VIEWS, step)
            videos = views.draw_views(catalogue.recordings, videos, view_seed)
        return tf.data.Dataset.from_tensor_slices(
            {
                "step": tf.fill([share], step),
                "slot": slots[mine],
                "video": videos[mine],
            }
        )

    def read(element: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        fields = _read_video(catalogue, element["video"])
        step, slot = element["step"], element["slot"]
        clip = _select_frames(
            fields,
            seeds.fold(run_seed, step, slot // num_views, _STEPS),
            config,
            sample_steps,
        )
        clip["dataset_ids"] = tf.gather(catalogue.dataset_ids, element["video"])
        clip["seed"] = seeds.fold(run_seed, step, slot, _AUGMENTATION)
        return clip

    planned = plan.batches(
        catalogue.groups,
        batch_size=batch_size // num_views,
        seed=seeds.fold(run_seed, _PLAN),
        start_step=start_step,
    )
    batches = (
        planned.flat_map(spread)
        .map(read, num_parallel_calls=tf.data.AUTOTUNE)
        .map(
            lambda clip: _decode(clip, config),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .batch(share, drop_remainder=True, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    return batches.with_options(_options())


def _read_video(
    catalogue: _Catalogue, video: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Reads a video by its number; the fields are those of `prepared`."""
    path = tf.gather(catalogue.paths, tf.gather(catalogue.files, video))
    record = records.read(path, tf.gather(catalogue.offsets, video))
    return prepared.parse(record, tf.gather(catalogue.fallback_names, video))


def _select_frames(
    fields: dict[str, tf.Tensor],
    steps_seed: tf.Tensor,
    config: schema.DataConfig,
    sample_steps: sampling.StepSampler,
) -> dict[str, tf.Tensor]:
    """Keeps of a video what its clip needs: each frame once, still encoded."""
    seq_len = tf.size(fields["video"], tf.int64)
    steps = sample_steps(seq_len, steps_seed)
    seen = sampling.context_steps(
        steps,
        seq_len,
        num_context=config.num_context,
        context_stride=config.context_stride,
    )
    # A frame is often the context of one step and another step itself.
    distinct, places = tf.unique(tf.reshape(seen, [-1]))
    return {
        "jpegs": tf.gather(fields["video"], distinct),
        "places": tf.reshape(places, tf.shape(seen)),
        "steps": steps,
        "seq_lens": seq_len,
        "frame_labels": tf.gather(fields["frame_labels"], steps),
        "labels": fields["label"],
        "names": fields["name"],
    }


def _decode(
    clip: dict[str, tf.Tensor], config: schema.DataConfig
) -> dict[str, tf.Tensor]:
    """Replaces the encoded frames of a clip by frames [T, C, H, W, 3]."""
    decoded = preprocessing.decode_clip(
        clip.pop("jpegs"),
        image_size=config.image_size,
        changes=augmentation.draw(clip.pop("seed"), config.augmentation),
    )
    places = tf.ensure_shape(
        clip.pop("places"), [*clip["steps"].shape, config.num_context]
    )
    return {"frames": tf.gather(decoded, places), **clip}


def _build_catalogue(config: schema.DataConfig, batch_size: int) -> _Catalogue:
    """Opens the data sets and numbers their videos."""
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
    catalogue = _Catalogue(
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
    catalogue: _Catalogue,
    recordings: list[np.ndarray],
    batch_size: int,
    config: schema.DataConfig,
) -> _Catalogue:
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


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # The workers' shares are cut here; TensorFlow must not cut them again.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return options


def _check_arguments(
    batch_size: int, start_step: int, num_workers: int, worker: int
) -> None:
    if batch_size < 1:
        raise ValueError(
            f"batch_size must be at least 1. Received: {batch_size}"
        )
    if start_step < 0:
        raise ValueError(
            f"start_step must be 0 or more. Received: {start_step}"
        )
    if num_workers < 1 or batch_size % num_workers:
        raise ValueError(
            f"num_workers must divide batch_size ({batch_size}). "
            f"Received: {num_workers}"
        )
    if not 0 <= worker < num_workers:
        raise ValueError(
            f"worker must be in [0, num_workers = {num_workers}). "
            f"Received: {worker}"
        )
