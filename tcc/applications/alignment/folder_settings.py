"""How a folder of clips is learned: settings that follow from the clips.

Two clips or two hundred, of half a second or of ten minutes, at 1 or at 240
frames per second: each needs its own frame rate, context and batch.
"""

import dataclasses
import pathlib
import statistics
from collections.abc import Sequence

from tcc.configs import demo, own_clips, schema, validation
from tcc.video import files

DATASET = "video_folder/clips"
SPLIT = "train"

_FRAME_RATE = 15.0  # frames per second
_FEWEST_FRAMES = 60  # of a clip; below, the rate is raised
_MOST_FRAMES = 1_500  # of a clip; above, the rate is lowered
_MOST_OF_ALL = 60_000  # frames of all clips; ten minutes' work on two cores

_MAX_STEPS = 3000  # from scratch
# The context of a step, three frames, reaches back over this share of a clip.
_CONTEXT_SHARE = 1 / 12


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a folder is learned.

    Attributes:
      minutes: of training, at most. 0 trains nothing, and takes the pooled
        features of the pretrained network.
      weights: of `backbone`: "bundled" (MobileNetV2, comes with the package),
        "imagenet" (downloaded by Keras) or a file. The backbone stays frozen:
        its features are computed once, and a light embedder is trained on
        them. "none" trains a small network from scratch.
      backbone: with weights.
      sample_fps: frames per second kept of a video; 0 keeps all, None chooses.
      seed: of the training.
    """

    minutes: float = 3.0
    weights: str = "bundled"
    backbone: str = "mobilenetv2"
    sample_fps: float | None = None
    seed: int = 0

    @property
    def is_pretrained(self) -> bool:
        """Whether the backbone has learned something already."""
        return self.weights != "none"


def choose_frame_rate(paths: Sequence[pathlib.Path]) -> float | None:
    """Chooses how many frames per second of some clips are kept.

    15 in general; more where clips are so short that few frames would be left,
    fewer where they are so long that computing their features would take too
    long.

    Args:
      paths: of the video files.

    Returns:
      Frames per second; None keeps all, where the files do not tell their
      length.

    Raises:
      FileNotFoundError: a file is missing.
      ValueError: a file is no video.
    """
    seconds = []
    for path in paths:
        info = files.probe(path)
        length = info.duration
        if not length and info.fps:
            length = info.num_frames / info.fps
        if length > 0:
            seconds.append(length)
    if not seconds:
        return None
    middle = statistics.median(seconds)
    rate = max(_FRAME_RATE, _FEWEST_FRAMES / middle)
    rate = min(rate, _MOST_FRAMES / middle, _MOST_OF_ALL / sum(seconds))
    return float(f"{rate:.2g}")


def choose_config(
    seq_lens: Sequence[int], data_dir: pathlib.Path, settings: Settings
) -> schema.ExperimentConfig:
    """Chooses how to train on some clips on this machine.

    With weights, a light embedder on the cached features of a frozen
    pretrained network, as in `tcc.configs.own_clips`: it cannot overfit
    to the pixels of a handful of clips, and a step costs milliseconds. From
    scratch, the network of the demo.

    Args:
      seq_lens: frames of each clip, 2 clips or more.
      data_dir: of the prepared data; cached features go beside it.
      settings: what the user asked for.

    Returns:
      A valid configuration.
    """
    config = demo.get_config()
    config.data.data_dir = str(data_dir)
    config.data.datasets = (DATASET,)
    config.data.train_split = config.data.eval_split = SPLIT
    # Clips differ in room and light.
    config.data.augmentation = schema.AugmentationConfig()
    config.train.max_steps = _MAX_STEPS
    config.train.checkpoint_interval = 500
    config.train.image_interval = 0
    config.train.seed = settings.seed
    if settings.is_pretrained:
        config.model.backbone = settings.backbone
        config.model.weights = settings.weights
        config.model.train_base = "frozen"
        _use_cached_features(config, seq_lens)
    config.train.batch_size = min(config.train.batch_size, len(seq_lens))
    config.data.num_steps = max(
        2, min(config.data.num_steps, int(statistics.median(seq_lens)) - 1)
    )
    validation.validate(config)
    return config


def _use_cached_features(
    config: schema.ExperimentConfig, seq_lens: Sequence[int]
) -> None:
    light = own_clips.get_config()
    config.feature_cache.enabled = True
    config.feature_cache.folder = str(
        pathlib.Path(config.data.data_dir).parent / "features"
    )
    config.data.image_size = light.data.image_size
    config.model.embedder = light.model.embedder
    config.model.feature_grid = light.model.feature_grid
    config.model.light = light.model.light
    config.train.batch_size = light.train.batch_size
    config.train.max_steps = light.train.max_steps
    config.data.num_context = light.data.num_context
    config.data.context_stride = max(
        1,
        round(
            _CONTEXT_SHARE
            * statistics.median(seq_lens)
            / (config.data.num_context - 1)
        ),
    )
    config.data.num_steps = light.data.num_steps


def describe(
    config: schema.ExperimentConfig,
    seq_lens: Sequence[int],
    frame_rate: float,
    settings: Settings,
) -> str:
    """Says in one line what was chosen, and from what.

    Args:
      config: that was chosen.
      seq_lens: frames of each clip.
      frame_rate: of the clips, frames per second; NaN if unknown.
      settings: what the user asked for.
    """
    frames = int(statistics.median(seq_lens))
    clips = f"{len(seq_lens)} clips of {frames} frames (median)"
    if frame_rate > 0:
        clips += f" at {frame_rate:g} frames/s"
    if not settings.minutes:
        return f"{clips}: pooled features of {config.model.backbone}"
    network = (
        f"light embedder on {config.model.backbone} ({settings.weights})"
        if settings.is_pretrained
        else "small network from scratch"
    )
    context = ""
    if config.data.num_context > 1:
        reach = config.data.context_stride * (config.data.num_context - 1)
        context = f" each seen with the {reach} frames before it,"
    return (
        f"{clips}: {network}; batches of {config.train.batch_size} clips,"
        f" {config.data.num_steps} frames of each,{context} for"
        f" {config.train.max_steps} steps or {settings.minutes:g} minutes"
    )
