"""Frames with a geometry of their own, and draws for a clip or a frame.

    load_frames = ScopedFrames(
        resize=(128, 171),
        crop=(112, 112),
        crop_scope="step",
        changes=(Change(mirror(), "video"), Change(one_channel(), "frame")),
    )

A scope says which frames share a draw: "video", all of them; "step", those of
one step (of one clip); "frame", each its own. A tuple of numbers, one for each
step, makes groups of steps: with (0, 0, 1) the first two steps share a draw
and the third has its own.
"""

import dataclasses
from collections.abc import Callable
from typing import Literal

import tensorflow as tf

from tcc.configs import schema
from tcc.video import seeds
from tcc.video.frames import augmentation, frame_loading

Scope = Literal["video", "step", "frame"] | tuple[int, ...]
# Changes one frame [H, W, 3] float32 in [0, 1], by a seed int32 [2]: frames
# that get the same seed are changed alike. Values may leave [0, 1].
FrameChange = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
_SCOPES = ("video", "step", "frame")


@dataclasses.dataclass(frozen=True)
class Change:
    """A random change of frames, and which of them are changed alike."""

    apply: FrameChange
    scope: Scope = "video"


@dataclasses.dataclass(frozen=True)
class ScopedFrames(frame_loading.FrameLoader):
    """Resizes, crops, changes: each with the scope of its draws.

    Attributes:
        resize: Height and width to which every frame is resized, whatever its
            aspect.
        crop: Height and width of a window in the resized frame, at a random
            place in training and in the centre at evaluation; None keeps the
            whole frame.
        crop_scope: Which frames share the place of their windows.
        method: Of resizing, "bilinear" or "nearest".
        antialias: Whether bilinear resizing averages over the pixels that it
            leaves out, as Pillow does.
        changes: What else happens in training, one after the other.
    """

    resize: tuple[int, int]
    crop: tuple[int, int] | None = None
    crop_scope: Scope = "video"
    method: str = "bilinear"
    antialias: bool = True
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        """Refuses impossible settings.

        Raises:
            ValueError: An unknown method or scope, or a window that is larger
                than the frame.
        """
        if self.method not in ("bilinear", "nearest"):
            raise ValueError(
                f"method must be bilinear or nearest. Received: {self.method!r}"
            )
        if min(self._room) < 0 or min(self.frame_size) < 1:
            raise ValueError(
                f"crop must fit into resize ({self.resize}). "
                f"Received: {self.crop}"
            )
        for scope in (self.crop_scope, *(c.scope for c in self.changes)):
            if not isinstance(scope, tuple) and scope not in _SCOPES:
                raise ValueError(
                    f"a scope must be one of {', '.join(_SCOPES)}, or a tuple "
                    f"with a number for each step. Received: {scope!r}"
                )

    @property
    def _room(self) -> tuple[int, int]:
        """Pixels by which a window can move down, and to the right."""
        height, width = self.frame_size
        return (self.resize[0] - height, self.resize[1] - width)

    @property
    def frame_size(self) -> tuple[int, int]:
        """See `FrameLoader.frame_size`."""
        return self.crop or self.resize

    def __call__(
        self, jpegs: tf.Tensor, places: tf.Tensor, seed: tf.Tensor | None
    ) -> tf.Tensor:
        """See `FrameLoader.__call__`.

        Raises:
            ValueError: A tuple of a scope is not as long as there are steps.
        """
        shape = [*self.frame_size, 3]
        if seed is None:
            frames = self.decode(jpegs)
            return tf.ensure_shape(
                tf.gather(frames, places), [*places.shape, *shape]
            )
        resized = tf.map_fn(
            lambda jpeg: self._resize(tf.io.decode_jpeg(jpeg, channels=3)),
            jpegs,
            parallel_iterations=1,  # clips are loaded in parallel
            fn_output_signature=tf.TensorSpec([*self.resize, 3], tf.float32),
        )
        frames = tf.map_fn(
            lambda drawn: self._change(resized[drawn[0]], drawn[1], drawn[2:]),
            (tf.reshape(places, [-1]), *self._draw_seeds(places, seed)),
            parallel_iterations=1,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
        )
        frames = tf.reshape(frames, tf.concat([tf.shape(places), shape], 0))
        return tf.ensure_shape(frames, [*places.shape, *shape])

    def scale(self, frames: tf.Tensor) -> tf.Tensor:
        """See `FrameLoader.scale`."""
        resized = self._resize(tf.convert_to_tensor(frames))
        top, left = (round(pixels / 2) for pixels in self._room)
        height, width = self.frame_size
        window = resized[..., top : top + height, left : left + width, :]
        return _finish(window / 255.0)

    def _resize(self, frames: tf.Tensor) -> tf.Tensor:
        """Resizes frames [..., h, w, 3]; float32 in 0...255."""
        resized = tf.image.resize(
            frames,
            self.resize,
            method=self.method,
            antialias=self.antialias and self.method == "bilinear",
        )
        return tf.cast(resized, tf.float32)

    def _draw_seeds(
        self, places: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Returns int32 [T C, 2] for the window and for each of the changes."""
        scopes = (self.crop_scope, *(change.scope for change in self.changes))
        return tuple(
            tf.map_fn(
                lambda group, purpose=purpose: seeds.fold(seed, purpose, group),
                _groups(places, scope),
                fn_output_signature=tf.TensorSpec([2], tf.int32),
            )
            for purpose, scope in enumerate(scopes)
        )

    def _change(
        self,
        frame: tf.Tensor,
        crop_seed: tf.Tensor,
        change_seeds: tuple[tf.Tensor, ...],
    ) -> tf.Tensor:
        """Finishes one resized frame for training."""
        height, width = self.frame_size
        room = tf.constant(self._room)
        corner = tf.random.stateless_uniform([2], crop_seed)
        corner = tf.cast(corner * tf.cast(room + 1, tf.float32), tf.int32)
        corner = tf.minimum(corner, room)  # the product may round up
        window = tf.slice(
            frame, tf.concat([corner, [0]], 0), [height, width, 3]
        )
        window /= 255.0
        for change, seed in zip(self.changes, change_seeds, strict=True):
            window = change.apply(window, seed)
        return _finish(window)


def _finish(frames: tf.Tensor) -> tf.Tensor:
    """From [0, 1] to [-1, 1]."""
    return tf.clip_by_value(2.0 * frames - 1.0, -1.0, 1.0)


def _groups(places: tf.Tensor, scope: Scope) -> tf.Tensor:
    """Returns int32 [T C]: frames with the same number share their draws."""
    num_steps, num_context = tf.unstack(tf.shape(places))
    if scope == "frame":
        return tf.range(num_steps * num_context)
    if scope == "video":
        return tf.zeros([num_steps * num_context], tf.int32)
    if scope == "step":
        return tf.repeat(tf.range(num_steps), num_context)
    if places.shape[0] != len(scope):
        raise ValueError(
            "a scope must have a number for each of the "
            f"{places.shape[0]} steps. Received: {scope}"
        )
    return tf.repeat(tf.constant(scope, tf.int32), num_context)


def mirror(probability: float = 0.5) -> FrameChange:
    """Returns the change that mirrors left-right with some probability."""

    def apply(frame: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        is_mirrored = tf.random.stateless_uniform([], seed) < probability
        return tf.cond(
            is_mirrored, lambda: augmentation.flip(frame), lambda: frame
        )

    return apply


def one_channel(probability: float = 1.0) -> FrameChange:
    """Returns the change that copies one random channel over all three."""

    def apply(frame: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        happens, channel = tf.unstack(tf.random.stateless_uniform([2], seed))
        channel = tf.minimum(tf.cast(3.0 * channel, tf.int32), 2)
        copied = tf.repeat(frame[..., channel, tf.newaxis], 3, axis=-1)
        return tf.where(happens < probability, copied, frame)

    return apply


def colours(config: schema.AugmentationConfig) -> FrameChange:
    """Returns the change that draws brightness, contrast, hue, saturation.

    Args:
        config: Which of them, and how far. Its flip, crop and noise are not
            looked at.
    """
    only_colours = dataclasses.replace(
        config, flip=False, crop=False, noise_stddev=0.0
    )

    def apply(frame: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return augmentation.change_colours(
            frame, augmentation.draw(seed, only_colours)
        )

    return apply
