"""Pouring that goes wrong, to test the detection of anomalies.

The same worlds and timelines as those of `rendering`, so that a video and its
anomalous twin are alike up to the moment when it happens.
"""

import dataclasses
import zlib

import numpy as np

from tcc.datasets.builders.pouring_synthetic import (
    motion,
    renderer,
    rendering,
    timeline,
    world,
)
from tcc.datasets.preparing import jpeg, video_record

KINDS = ("missed_cup", "dropped_bottle", "skipped_pour")
LABEL_NAMES = ("normal", "anomalous")  # of the frames of `make_labelled`
_LIFT, _POUR, _PUT_DOWN = (
    timeline.PHASE_NAMES.index(name) for name in ("lift", "pour", "put_down")
)
_MISS = 0.24  # of the picture, how far from the cup it is poured
_DROP = 0.5  # progress of the lift at which the bottle slips
_FALL = 0.25  # of the lift, until it lies


@dataclasses.dataclass(frozen=True)
class AnomalySource:
    """Which video is rendered, and what goes wrong in it."""

    source: rendering.RenderingSource
    kind: str  # one of `KINDS`, or "normal"

    @property
    def name(self) -> str:
        """The video's name, "test_007_missed_cup"."""
        return f"{self.source.name}_{self.kind}"

    @property
    def origin(self) -> str:
        """The same: there is no file."""
        return self.name


class _MissedCup(motion.Motion):
    """Pours beside the cup, which stays empty."""

    def __init__(self, scene: world.World) -> None:
        # What is drawn keeps the cup where it is.
        aside = dataclasses.replace(scene.cup, x=scene.cup.x - _MISS)
        super().__init__(dataclasses.replace(scene, cup=aside))

    def state(self, phase: int, progress: float) -> motion.State:
        return dataclasses.replace(super().state(phase, progress), cup_fill=0.0)


class _DroppedBottle(motion.Motion):
    """The bottle slips, and the hand goes on without it."""

    def state(self, phase: int, progress: float) -> motion.State:
        state = super().state(phase, progress)
        if phase < _LIFT or (phase == _LIFT and progress < _DROP):
            return state
        falling = 1.0
        if phase == _LIFT:
            falling = min(1.0, (progress - _DROP) / _FALL)
        slipped = super().state(_LIFT, _DROP)
        lying = self._scene.table_y - self._scene.bottle.width / 2
        x, y = slipped.bottle
        return dataclasses.replace(
            state,
            bottle=np.array([x, y + falling**2 * (lying - y)]),
            tilt=slipped.tilt + falling * (np.pi / 2 - slipped.tilt),
            bottle_fill=self._scene.full * (1 - 0.6 * falling),
            cup_fill=0.0,
            stream=0.0,
        )


class _SkippedPour(motion.Motion):
    """The bottle is carried to the cup, and back as full as it was."""

    def _put_down(self, progress: float) -> motion.State:
        full, height = self._scene.full, self._scene.return_height
        centre, tilt = self._carried(self._last, full, height, 1 - progress)
        return self._held(centre, tilt, full, 0.0)

    def _withdraw(self, progress: float) -> motion.State:
        standing = self._held(self._last, 0.0, self._scene.full, 0.0)
        return self._free(self._scene.hand_end, 1 - progress, standing)


_MOTIONS = {
    "missed_cup": _MissedCup,
    "dropped_bottle": _DroppedBottle,
    "skipped_pour": _SkippedPour,
}


def make_video(
    source: rendering.RenderingSource, kind: str
) -> tuple[video_record.VideoRecord, np.ndarray]:
    """Renders the video of a source with an anomaly in it.

    Args:
      source: of the normal video.
      kind: one of `KINDS`.

    Returns:
      The video, and bool [L], the frames from which the anomaly can be seen:
      from its beginning on, as what follows is not as it should be either.

    Raises:
      ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}. Received: {kind!r}")
    stream = zlib.crc32(source.split.encode())
    rng = np.random.default_rng([source.seed, stream, source.index])
    scene = world.draw_world(rng, source.difficulty)
    course = timeline.draw_timeline(rng, source.difficulty)
    first, place = _POUR, 0.0
    if kind == "dropped_bottle":
        first, place = _LIFT, _DROP
    elif kind == "skipped_pour":
        kept = course.phases != _POUR
        course = timeline.Timeline(course.phases[kept], course.progress[kept])
        first = _PUT_DOWN
    frames = renderer.render(
        scene, course, source.image_size, _MOTIONS[kind](scene)
    )
    jpegs = [jpeg.encode(frame) for frame in frames]
    video = video_record.VideoRecord(
        name=f"{source.name}_{kind}",
        jpegs=jpegs,
        timestamps=np.arange(len(jpegs)) / timeline.FPS,
        frame_labels=course.phases.astype(np.int64),
        fps=timeline.FPS,
    )
    since = (course.phases > first) | (
        (course.phases == first) & (course.progress >= place)
    )
    return video, since


def make_labelled(source: AnomalySource) -> video_record.VideoRecord:
    """Renders a video whose frame labels say what is normal.

    Args:
      source: which one.

    Returns:
      The video; a label is an index into `LABEL_NAMES`.
    """
    if source.kind == "normal":
        video = rendering.make_video(source.source)
        since = np.zeros(len(video.jpegs), bool)
    else:
        video, since = make_video(source.source, source.kind)
    return dataclasses.replace(
        video, name=source.name, frame_labels=since.astype(np.int64)
    )
