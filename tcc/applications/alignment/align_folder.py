"""Aligns the videos of a folder: prepare, train, embed.

from tcc.applications.alignment import align_folder, aligned_files
from tcc.applications import clips
found = align_folder.align(clips.list_files("clips/*.mp4"), "out")
aligned_files.write(found, "out")
"""

import dataclasses
import os
import pathlib
import statistics
import time
from collections.abc import Sequence
from typing import Any

from tcc import feature_cache
from tcc.applications import clips as clips_lib
from tcc.configs import demo, g1_bottle_light, schema, validation
from tcc.datasets.builders.video_folder import (
    listing,
    video_folder_dataset_builder,
)
from tcc.datasets.preparing import generation, preparation
from tcc.evaluation.embedding import embed
from tcc.io import atomic_files, json_files
from tcc.training import checkpoints, loop
from tcc.video import prepared

_NAME = "clips"
_DATASET = f"video_folder/{_NAME}"
_SPLIT = "train"
_SIZE = 224  # pixels, shorter side of the prepared frames
_RECORD = "clips.json"
_TRAINED = "trained"  # marks that the time for training is over
_MAX_STEPS = 3000  # from scratch
_MAX_STEPS_PRETRAINED = 1500  # measured on 20 and 45 clips of 12 s
_NUM_STEPS = 40  # of a clip in a training step, with a pretrained network
# The context of a step, three frames, reaches back over this share of a clip.
_CONTEXT_SHARE = 1 / 12


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a folder is learnt.

    Attributes:
      minutes: of training, at most. 0 trains nothing, and takes the pooled
        features of the pretrained network.
      weights: "imagenet" or a file for `backbone`, which stays frozen: its
        features are computed once, and a light embedder is trained on them.
        None trains a small network from scratch.
      backbone: with weights.
      sample_fps: frames per second kept of a video; None keeps all.
      seed: of the training.
    """

    minutes: float = 3.0
    weights: str | None = None
    backbone: str = "mobilenetv2"
    sample_fps: float | None = clips_lib.SAMPLE_FPS
    seed: int = 0


def align(
    paths: Sequence[pathlib.Path],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
) -> clips_lib.Clips:
    """Learns from video files without labels, and embeds them.

    Run again with the same files, it goes on where it stopped; what is done
    is not done again.

    Args:
      paths: two video files or more.
      output: folder for the prepared data (data/) and the training run (run/).
      settings: None is three minutes from scratch.

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
    if settings.minutes < 0 or (not settings.minutes and not settings.weights):
        raise ValueError(
            "minutes must be positive; 0 needs pretrained weights. Received:"
            f" {settings.minutes}"
        )
    folder = pathlib.Path(output).expanduser().resolve()
    _claim(folder, paths, settings)
    _prepare(paths, folder / "data", settings)
    videos = sorted(
        prepared.iterate_videos(_DATASET, str(folder / "data"), _SPLIT),
        key=lambda video: video.name,
    )
    config = choose_config(
        [len(video.jpegs) for video in videos], folder / "data", settings
    )
    if settings.minutes:
        logdir = folder / "run"
        if not (folder / _TRAINED).exists():
            _train(config, logdir, 60 * settings.minutes)
            (folder / _TRAINED).touch()
        return clips_lib.from_videos(
            videos, logdir, dataset=_DATASET, split=_SPLIT
        )
    pooled = embed.PooledBackbone(checkpoints.build_encoder(config))
    embeddings = embed.embed_videos(
        embed.build_embedder(pooled, config),
        videos,
        dataset=_DATASET,
        split=_SPLIT,
    )
    return clips_lib.Clips(embeddings, videos, [])


def choose_config(
    seq_lens: Sequence[int], data_dir: pathlib.Path, settings: Settings
) -> schema.ExperimentConfig:
    """Chooses how to train on some clips on this machine.

    From scratch the network of the demo; where weights are given, a light
    embedder on the cached features of a frozen pretrained network, as in
    `tcc.configs.g1_bottle_light`: it cannot overfit to the pixels of a
    handful of clips, and a step costs milliseconds.

    Args:
      seq_lens: frames of each clip, 2 clips or more.
      data_dir: of the prepared data; cached features go beside it.
      settings: what the user asked for.

    Returns:
      A valid configuration.
    """
    config = demo.get_config()
    config.data.data_dir = str(data_dir)
    config.data.datasets = (_DATASET,)
    config.data.train_split = config.data.eval_split = _SPLIT
    # Other rooms and lights are what clips differ by.
    config.data.augmentation = schema.AugmentationConfig()
    config.train.batch_size = min(4, len(seq_lens))
    config.train.max_steps = _MAX_STEPS
    config.train.checkpoint_interval = 500
    config.train.image_interval = 0
    config.train.seed = settings.seed
    if settings.weights is not None:
        config.model.backbone = settings.backbone
        config.model.weights = settings.weights
        config.model.train_base = "frozen"
        config.train.max_steps = _MAX_STEPS_PRETRAINED
        _use_cached_features(config, seq_lens)
    validation.validate(config)
    return config


def _use_cached_features(
    config: schema.ExperimentConfig, seq_lens: Sequence[int]
) -> None:
    light = g1_bottle_light.get_config()
    config.feature_cache.enabled = True
    config.feature_cache.folder = str(
        pathlib.Path(config.data.data_dir).parent / "features"
    )
    config.model.embedder = light.model.embedder
    config.model.feature_grid = light.model.feature_grid
    config.model.light = light.model.light
    config.data.num_context = light.data.num_context
    length = statistics.median(seq_lens)
    config.data.context_stride = max(
        1, round(_CONTEXT_SHARE * length / (config.data.num_context - 1))
    )
    config.data.num_steps = max(2, min(_NUM_STEPS, int(length) - 1))


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
    paths: Sequence[pathlib.Path], data_dir: pathlib.Path, settings: Settings
) -> None:
    try:
        prepared.open_dataset(_DATASET, str(data_dir))
        return
    except FileNotFoundError:
        pass
    config = video_folder_dataset_builder.VideoFolderConfig(
        name=_NAME,
        description="Videos to be aligned.",
        videos=tuple(listing.VideoFile(path, _SPLIT) for path in paths),
        fps=settings.sample_fps,
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
