"""What an objective sees of a video: one declaration, used everywhere.

The input pipeline draws training clips by it, the feature cache asks whether
it may serve, and evaluation, `tcc.load` and exported networks embed frames
with its geometry and context.
"""

import dataclasses

from tcc.configs import schema
from tcc.video import sampling
from tcc.video.frames import frame_loading


@dataclasses.dataclass(frozen=True)
class ClipSpec:
    """What an objective sees; None stands for what the configuration says.

    A clip is a step together with the `num_context` frames that end with it.
    So one 3-D clip of 16 consecutive frames is the step of its last frame
    with `num_context=16, context_stride=1`.

    Attributes:
        sample_steps: Draws the steps of a video for a training batch. They
            need not be sorted or distinct, and their number T may be any, but
            it must be the same for all videos: three clips of a tuple, 36
            frames, or an anchor, its neighbour and the anchor again.
        samples_pairs: Whether the steps are T pairs [first, second, first,
            second, ...], 2 T in all.
        num_context: C, frames of a clip.
        context_stride: Frames of the video from one frame of a clip to the
            next.
        min_seq_len: Frames; shorter videos are left out of training.
        load_frames: Makes network input of encoded frames, in training and at
            evaluation. None is a square of `data.image_size` pixels with
            `data.augmentation`.
    """

    sample_steps: sampling.StepSampler | None = None
    samples_pairs: bool = False
    num_context: int | None = None
    context_stride: int | None = None
    min_seq_len: int = 1
    load_frames: frame_loading.FrameLoader | None = None

    def __post_init__(self) -> None:
        """Refuses impossible numbers.

        Raises:
            ValueError: A number below 1.
        """
        for name in ("num_context", "context_stride", "min_seq_len"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more. Received: {value}")

    @property
    def can_cache_features(self) -> bool:
        """Whether features cached by frame can stand for its frames.

        They are computed from the default geometry, and one augmentation for
        a whole video.
        """
        return self.load_frames is None

    def resolve(self, config: schema.DataConfig) -> "ResolvedClipSpec":
        """Fills in what the configuration says.

        Raises:
            ValueError: If `config.sampling` is needed and unknown.
        """
        return ResolvedClipSpec(
            sample_steps=self.sample_steps or sampling.step_sampler(config),
            num_context=self.num_context or config.num_context,
            context_stride=self.context_stride or config.context_stride,
            min_seq_len=self.min_seq_len,
            load_frames=self.load_frames
            or frame_loading.SquareFrames(
                config.image_size, config.augmentation
            ),
        )


@dataclasses.dataclass(frozen=True)
class ResolvedClipSpec:
    """A `ClipSpec` of one configuration, with nothing left open."""

    sample_steps: sampling.StepSampler
    num_context: int
    context_stride: int
    min_seq_len: int
    load_frames: frame_loading.FrameLoader
