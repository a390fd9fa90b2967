"""Makes one video of `pouring_synthetic` from its seed.

Runs in worker processes, so it imports neither TensorFlow nor TFDS.
"""

import dataclasses
import zlib

import numpy as np

from tcc.datasets.builders.pouring_synthetic import renderer, timeline, world
from tcc.datasets.preparing import jpeg, video_record


@dataclasses.dataclass(frozen=True)
class RenderingSource:
    """Which video is rendered; everything in it follows from these."""

    split: str
    index: int
    difficulty: world.Difficulty
    image_size: int  # pixels, height and width
    seed: int

    @property
    def name(self) -> str:
        """The video's name, "train_007"."""
        return f"{self.split}_{self.index:03d}"

    @property
    def origin(self) -> str:
        """The same: there is no file."""
        return self.name


def make_video(source: RenderingSource) -> video_record.VideoRecord:
    """Renders a video; the same source always gives the same bytes.

    Args:
      source: which one.

    Returns:
      The video, all of its frames labelled.
    """
    # Splits draw from streams of their own: a longer one leaves the rest as
    # it was.
    stream = zlib.crc32(source.split.encode())
    rng = np.random.default_rng([source.seed, stream, source.index])
    scene = world.draw_world(rng, source.difficulty)
    course = timeline.draw_timeline(rng, source.difficulty)
    frames = renderer.render(scene, course, source.image_size)
    jpegs = [jpeg.encode(frame) for frame in frames]
    return video_record.VideoRecord(
        name=source.name,
        jpegs=jpegs,
        timestamps=np.arange(len(jpegs)) / timeline.FPS,
        frame_labels=course.phases.astype(np.int64),
        fps=timeline.FPS,
    )
