"""From the encoded frames of one video to what a network takes.

A `FrameLoader` says both what happens to a clip in training and how a frame
looks at evaluation, so that training, the task algo_loss, embedding and
exported networks cannot disagree. `SquareFrames` is the default;
`tcc.video.frames.scoped_frames` has one with a geometry and draws of its own.
"""

import abc
import dataclasses

import tensorflow as tf

from tcc.configs import schema
from tcc.video.frames import augmentation, preprocessing

_DECODED_AT_ONCE = 16  # frames; bounds memory


class FrameLoader(abc.ABC):
    """Makes network input of frames: float32 in [-1, 1], always.

    Networks trained on another range convert in their first layer
    (`tcc.models.InputNormalization`).
    """

    @property
    @abc.abstractmethod
    def frame_size(self) -> tuple[int, int]:
        """H and W of the frames that it returns, pixels."""

    @abc.abstractmethod
    def __call__(
        self, jpegs: tf.Tensor, places: tf.Tensor, seed: tf.Tensor | None
    ) -> tf.Tensor:
        """Loads the clips of one video, inside tf.data.

        Args:
            jpegs: string [K], the encoded frames that the clips need.
            places: int32 [T, C], for each frame of each clip an index into
                `jpegs`; a frame may have several places.
            seed: int32 [2], of the augmentation; None is no augmentation.

        Returns:
            float32 [T, C, H, W, 3] in [-1, 1].
        """

    @abc.abstractmethod
    def scale(self, frames: tf.Tensor) -> tf.Tensor:
        """Makes frames look as they do at evaluation, eager or in a graph.

        Args:
            frames: [K, h, w, 3] in 0...255, any integer or float dtype.

        Returns:
            float32 [K, H, W, 3] in [-1, 1].
        """

    def decode(self, jpegs: tf.Tensor) -> tf.Tensor:
        """Decodes frames and makes them look as they do at evaluation.

        Args:
            jpegs: string [K], JPEG or PNG, of any sizes; a list of bytes is
                taken too.

        Returns:
            float32 [K, H, W, 3] in [-1, 1].
        """
        return tf.map_fn(
            lambda jpeg: self.scale(
                tf.io.decode_jpeg(jpeg, channels=3)[tf.newaxis]
            )[0],
            tf.convert_to_tensor(jpegs, tf.string),
            parallel_iterations=_DECODED_AT_ONCE,
            fn_output_signature=tf.TensorSpec(
                [*self.frame_size, 3], tf.float32
            ),
        )


@dataclasses.dataclass(frozen=True)
class SquareFrames(FrameLoader):
    """Frames resized to a square, and one augmentation for a whole video.

    Attributes:
        image_size: H = W, pixels.
        augmentation: What may happen to a video in training.
    """

    image_size: int
    augmentation: schema.AugmentationConfig

    @property
    def frame_size(self) -> tuple[int, int]:
        """See `FrameLoader.frame_size`."""
        return (self.image_size, self.image_size)

    def __call__(
        self, jpegs: tf.Tensor, places: tf.Tensor, seed: tf.Tensor | None
    ) -> tf.Tensor:
        """See `FrameLoader.__call__`."""
        changes = augmentation.ClipAugmentation()
        if seed is not None:
            changes = augmentation.draw(seed, self.augmentation)
        return preprocessing.decode_clip(
            jpegs, image_size=self.image_size, changes=changes, places=places
        )

    def scale(self, frames: tf.Tensor) -> tf.Tensor:
        """See `FrameLoader.scale`."""
        return preprocessing.scale_frames(frames, self.image_size)

    def decode(self, jpegs: tf.Tensor) -> tf.Tensor:
        """See `FrameLoader.decode`."""
        return preprocessing.decode_frames(jpegs, self.image_size)


def square(image_shape: tuple[int, ...]) -> SquareFrames:
    """Returns a loader of frames for a network, without augmentation.

    Args:
        image_shape: (H, W, 3), H = W.

    Raises:
        ValueError: If H and W differ.
    """
    height, width, _ = image_shape
    if height != width:
        raise ValueError(
            "image_shape must be square, or a FrameLoader must be given. "
            f"Received: {image_shape}"
        )
    return SquareFrames(height, schema.AugmentationConfig())
