"""Aligns the videos of a folder: prepare, train, embed.

from tcc.applications.alignment import align_folder, aligned_files
from tcc.applications import clips
found = align_folder.align(clips.list_files("clips/*.mp4"), "out")
aligned_files.write(found, "out")
"""

import dataclasses
import os
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from absl import logging

from tcc import feature_cache
from tcc.applications import clips as clips_lib
from tcc.applications.alignment import folder_settings
from tcc.applications.alignment.folder_settings import Settings
from tcc.configs import schema
from tcc.datasets.builders.video_folder import (
    listing,
    video_folder_dataset_builder,
)
from tcc.datasets.preparing import generation, preparation
from tcc.evaluation.embedding import embed
from tcc.io import atomic_files, json_files
from tcc.training import checkpoints, loop
from tcc.video import prepared

_SIZE = 224  # pixels, shorter side of the prepared frames
_RECORD = "clips.json"
_TRAINED = "trained"  # marks that the time for training is over


def align(
    paths: Sequence[pathlib.Path],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    report: Callable[[str], None] = logging.info,
) -> clips_lib.Clips:
    """Learns from video files without labels, and embeds them.

    Run again with the same files, it continues where it stopped, and repeats
    nothing.

    Args:
      paths: two video files or more.
      output: folder for the prepared data (data/) and the training run (run/).
      settings: None is three minutes on the bundled weights.
      report: is told, in one line, which settings were chosen.

    Returns:
      The clips in order of their names.

    Raises:
      FileNotFoundError: a file is missing.
      ValueError: fewer than two videos, one that cannot be read, impossible
        settings, or a folder with the work on other videos.
      KeyboardInterrupt: stopped by Ctrl-C or SIGTERM; what is done is saved.
    """
    settings = settings or Settings()
    if len(paths) < 2:
        raise ValueError(
            "paths must be two videos or more, for one to be aligned with the"
            f" other. Received: {len(paths)}"
        )
    if settings.minutes < 0 or (
        not settings.minutes and not settings.is_pretrained
    ):
        raise ValueError(
            "minutes must be positive; 0 needs pretrained weights. Received:"
            f" {settings.minutes}"
        )
    folder = pathlib.Path(output).expanduser().resolve()
    _claim(folder, paths, settings)
    _prepare(paths, folder / "data", settings.sample_fps)
    videos = sorted(
        prepared.iterate_videos(
            folder_settings.DATASET, str(folder / "data"), folder_settings.SPLIT
        ),
        key=lambda video: video.name,
    )
    seq_lens = [len(video.jpegs) for video in videos]
    config = folder_settings.choose_config(seq_lens, folder / "data", settings)
    report(folder_settings.describe(config, seq_lens, videos[0].fps, settings))
    if settings.minutes:
        logdir = folder / "run"
        if not (folder / _TRAINED).exists():
            _train(config, logdir, 60 * settings.minutes)
            (folder / _TRAINED).touch()
        return clips_lib.from_videos(
            videos,
            logdir,
            dataset=folder_settings.DATASET,
            split=folder_settings.SPLIT,
            keep_features=True,
        )
    pooled = embed.PooledBackbone(checkpoints.build_encoder(config))
    embeddings = embed.embed_videos(
        embed.build_embedder(pooled, config),
        videos,
        dataset=folder_settings.DATASET,
        split=folder_settings.SPLIT,
        keep_features=True,
    )
    return clips_lib.Clips(embeddings, videos, [])


def _train(
    config: schema.ExperimentConfig, logdir: pathlib.Path, seconds: float
) -> None:
    """Trains to the end, or for so long.

    Raises:
      KeyboardInterrupt: the run was stopped and saved before that.
    """
    if config.feature_cache.enabled:  # before the time is counted
        feature_cache.open_or_build(config, checkpoints.build_encoder(config))
    started = time.monotonic()
    last = loop.train(config, logdir, time_limit=seconds)
    is_over = time.monotonic() - started >= seconds
    if last < config.train.max_steps and not is_over:
        raise KeyboardInterrupt


def _claim(
    folder: pathlib.Path, paths: Sequence[pathlib.Path], settings: Settings
) -> None:
    """Notes what the folder is made from; refuses one of something else."""
    content: dict[str, Any] = {
        "videos": {str(p.resolve()): p.stat().st_size for p in paths},
        "settings": dataclasses.asdict(settings),
    }
    record = folder / _RECORD
    if record.exists():
        found = json_files.read(
            record,
            what="a note of what the folder is made from",
            fix=f"Give another --output, or remove the folder {folder}.",
        )
        if found != content:
            raise ValueError(
                f"{folder} holds the work on other videos or settings (see"
                f" {record}). Give another --output, or remove the folder."
            )
        return
    atomic_files.write_json(record, content)


def _prepare(
    paths: Sequence[pathlib.Path],
    data_dir: pathlib.Path,
    sample_fps: float | None,
) -> None:
    try:
        prepared.open_dataset(folder_settings.DATASET, str(data_dir))
        return
    except FileNotFoundError:
        pass
    if sample_fps is None:
        sample_fps = folder_settings.choose_frame_rate(paths)
    config = video_folder_dataset_builder.VideoFolderConfig(
        name=pathlib.PurePosixPath(folder_settings.DATASET).name,
        description="Videos to be aligned.",
        videos=tuple(
            listing.VideoFile(path, folder_settings.SPLIT) for path in paths
        ),
        fps=sample_fps or None,
        shorter_side=_SIZE,
    )
    preparation.prepare_builder(
        lambda folder: video_folder_dataset_builder.VideoFolder(
            config=config,
            options=generation.GenerationOptions(
                num_workers=os.cpu_count() or 1
            ),
            data_dir=folder,
        ),
        data_dir=data_dir,
    )
