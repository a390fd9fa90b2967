"""Embeds collections of videos: here, or on Apache Beam on many machines.

Beam is an optional extra: `pip install 'temporal-cycle-consistency[beam]'`.
The videos are split into shards. A worker embeds the videos of a shard one
after the other and writes one file, which appears whole or not at all, so a
shard that was interrupted can be done again by any worker. All machines need
this package, and must reach log folder, videos and output under the same paths.
"""

import dataclasses
import functools
import pathlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from absl import logging

from tcc.applications import clips
from tcc.configs import schema
from tcc.evaluation.embedding import embed, embedding_checks, embedding_files
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.tasks import task_result
from tcc.training import checkpoints
from tcc.video import prepared


@dataclasses.dataclass(frozen=True)
class Shard:
    """Some videos, and the file that their embeddings go to.

    Attributes:
      path: of the .npz file.
      dataset: name of the data set.
      split: name of the split.
      data_dir: where the data set is prepared.
      start: place of the first video in the split.
      stop: behind the last one.
      files: the video files; () when the data set has the videos.
    """

    path: str
    dataset: str
    split: str
    data_dir: str
    start: int
    stop: int
    files: tuple[str, ...] = ()

    def videos(self) -> Iterator[prepared.Video]:
        """Reads the videos, one at a time."""
        if not self.files:
            yield from prepared.iterate_videos(
                self.dataset,
                self.data_dir,
                self.split,
                part=slice(self.start, self.stop),
            )
        yield from _read(self.files)


class _Network(NamedTuple):
    """A trained encoder, ready for whole videos."""

    embedder: embed.DenseEmbedder
    step: int


def embed_files(
    videos: str,
    logdir: str,
    checkpoint: str | None = None,
    *,
    precision: str | None = None,
) -> Embeddings:
    """Embeds video files one after the other.

    Of each as many frames a second are embedded as `clips.read_files` keeps.

    Args:
      videos: a folder of video files, or a pattern of them.
      logdir: folder of the training run.
      checkpoint: a step, a name or a path; None is the newest.
      precision: as `checkpoints.restore_encoder`.

    Returns:
      The embeddings, of the data set "clips" and the split "all".

    Raises:
      FileNotFoundError: no such folder, checkpoint or video.
      ValueError: a file that cannot be read.
    """
    files = clips.list_files(videos)
    return _embed(
        _load(logdir, checkpoint, precision), _read(files), "clips", "all"
    )


def _read(files: Iterable[str | pathlib.Path]) -> Iterator[prepared.Video]:
    for file in files:
        yield from clips.read_files([pathlib.Path(file)])


def embed_collection(
    logdir: str,
    output: str,
    beam_options: Any,
    *,
    checkpoint: str | None = None,
    datasets: Sequence[str] | None = None,
    data_dir: str | None = None,
    splits: Sequence[str] | None = None,
    videos: str | None = None,
    videos_per_shard: int = 64,
    precision: str | None = None,
) -> list[Shard]:
    """Embeds prepared data sets, or video files, on Apache Beam.

    Args:
      logdir: folder of the training run.
      output: folder of the files <data set>_<split>-00000-of-00012.npz, each
        as `tcc.evaluation.embedding.embedding_files` describes.
      beam_options: as `beam_generation.pipeline_options` takes them.
      checkpoint: a step, a name or a path; None is the newest.
      datasets: names in place of the configured ones.
      data_dir: where they are prepared, in place of the configured folder.
      splits: names in place of the configured training and validation split.
      videos: as of `embed_files`, in place of data sets; they become
        clips_all-00000-of-00012.npz.
      videos_per_shard: 1 or more.
      precision: as `checkpoints.restore_encoder`.

    Returns:
      The shards, whose files are written.

    Raises:
      FileNotFoundError: no such folder, checkpoint, data set or video.
      ValueError: no such split, or a number out of range.
    """
    import apache_beam as beam

    if videos_per_shard < 1:
        raise ValueError(
            f"videos_per_shard must be 1 or more. Received: {videos_per_shard}"
        )
    # One checkpoint for all, whatever training writes meanwhile.
    _, config, step = checkpoints.restore_encoder(logdir, checkpoint)
    folder = pathlib.Path(output)
    if videos:
        files = [str(path.resolve()) for path in clips.list_files(videos)]
        shards = _cut(folder, "clips", "all", "", len(files), videos_per_shard)
        shards = [
            dataclasses.replace(
                shard, files=tuple(files[shard.start : shard.stop])
            )
            for shard in shards
        ]
    else:
        shards = _of_datasets(
            config.data, folder, datasets, data_dir, splits, videos_per_shard
        )
    with beam.Pipeline(options=beam_options) as pipeline:
        _ = (
            pipeline
            | beam.Create(shards)
            | beam.Reshuffle()
            | beam.Map(
                functools.partial(
                    _embed_shard,
                    logdir=str(pathlib.Path(logdir).resolve()),
                    checkpoint=str(checkpoint or step),
                    precision=precision,
                )
            )
        )
    return shards


def _of_datasets(
    config: schema.DataConfig,
    folder: pathlib.Path,
    datasets: Sequence[str] | None,
    data_dir: str | None,
    splits: Sequence[str] | None,
    videos_per_shard: int,
) -> list[Shard]:
    """Returns the shards of all splits of all data sets."""
    data_dir = str(
        pathlib.Path(data_dir or config.data_dir).expanduser().resolve()
    )
    shards = []
    for dataset in datasets or config.datasets:
        opened = prepared.open_dataset(dataset, data_dir)
        for split in splits or (config.train_split, config.eval_split):
            num_videos = len(opened.locate(split))
            shards += _cut(
                folder, dataset, split, data_dir, num_videos, videos_per_shard
            )
    return shards


def _cut(
    folder: pathlib.Path,
    dataset: str,
    split: str,
    data_dir: str,
    num_videos: int,
    videos_per_shard: int,
) -> list[Shard]:
    starts = range(0, num_videos, videos_per_shard)
    stem = f"{task_result.tag_name(dataset)}_{split}"
    return [
        Shard(
            path=str(
                folder.resolve() / f"{stem}-{i:05d}-of-{len(starts):05d}.npz"
            ),
            dataset=dataset,
            split=split,
            data_dir=data_dir,
            start=start,
            stop=min(start + videos_per_shard, num_videos),
        )
        for i, start in enumerate(starts)
    ]


def _embed_shard(
    shard: Shard, *, logdir: str, checkpoint: str, precision: str | None
) -> None:
    """Embeds the videos of a shard and writes its file."""
    with _LOADING:
        network = _load_once(logdir, checkpoint, precision)
    embeddings = _embed(network, shard.videos(), shard.dataset, shard.split)
    embedding_files.save(embeddings, shard.path)
    problem = embedding_checks.check(embeddings).describe()
    if problem:
        logging.warning("%s: %s", shard.path, problem)


_LOADING = threading.Lock()  # Beam's workers have several threads


@functools.lru_cache(maxsize=1)
def _load_once(logdir: str, checkpoint: str, precision: str | None) -> _Network:
    """Loads the network once in each process, for all its shards."""
    return _load(logdir, checkpoint, precision)


def _load(
    logdir: str, checkpoint: str | None, precision: str | None
) -> _Network:
    encoder, config, step = checkpoints.restore_encoder(
        logdir, checkpoint, precision=precision
    )
    return _Network(embed.build_embedder(encoder, config), step)


def _embed(
    network: _Network,
    videos: Iterable[prepared.Video],
    dataset: str,
    split: str,
) -> Embeddings:
    return embed.embed_videos(
        network.embedder,
        videos,
        dataset=dataset,
        split=split,
        step=network.step,
    )
