"""A trained encoder that takes videos and pictures as they are."""

import functools
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tcc import algorithms
from tcc.evaluation.embedding import embed
from tcc.models import clip_encoder
from tcc.training import checkpoints
from tcc.video import files
from tcc.video.frames import frame_loading


def load(
    logdir: str | os.PathLike[str],
    checkpoint: str | pathlib.Path | None = None,
    *,
    precision: str | None = None,
) -> "TrainedEncoder":
    """Loads the trained network of a log folder.

    Args:
        logdir: the folder that training wrote.
        checkpoint: a step ("1000"), a name ("ckpt-1000") or a path; None is
            the newest.
        precision: that the network computes in, such as "float32" or
            "mixed_bfloat16"; None is that in which the run is evaluated.

    Returns:
        The network.

    Raises:
        FileNotFoundError: no such log folder, or no such checkpoint in it.
        ValueError: the checkpoint does not fit the configuration.
    """
    encoder, config, _ = checkpoints.restore_encoder(
        pathlib.Path(logdir).expanduser(), checkpoint, precision=precision
    )
    sees = algorithms.clip_spec(config).resolve(config.data)
    return TrainedEncoder(
        encoder,
        context_stride=sees.context_stride,
        frames_per_chunk=config.eval.frames_per_chunk,
        stride=config.data.sample_all_stride,
        frame_loader=sees.load_frames,
    )


class TrainedEncoder(keras.Model):
    """An encoder together with what it needs to know about videos.

    Pixels are in 0...255, of any height and width, uint8 or floats: they are
    resized and scaled here as in training. `embed_video` and `embed_frames`
    keep the weights that the encoder had at the first call of one of them:
    whoever changes them wraps it anew.
    """

    def __init__(
        self,
        encoder: keras.Model,
        *,
        context_stride: int,
        frames_per_chunk: int = 32,
        stride: int = 1,
        frame_loader: frame_loading.FrameLoader | None = None,
    ) -> None:
        """Wraps an encoder.

        Args:
            encoder: a `tcc.models.Encoder` or a network of clips, in
                inference; it is not changed.
            context_stride: frames between two context frames.
            frames_per_chunk: frames through the backbone at once; it bounds
                memory.
            stride: frames from one embedded step of a video to the next,
                unless `embed_video` is told otherwise.
            frame_loader: makes what the encoder takes of frames; None resizes
                them to its size.
        """
        super().__init__(name="trained_encoder")
        self.encoder = encoder
        self.image_size: int = encoder.image_shape[0]
        self.frame_loader = frame_loader or frame_loading.square(
            encoder.image_shape
        )
        self.context_stride = context_stride
        self._frames_per_chunk = frames_per_chunk
        self.stride = stride
        self._embedders: dict[int, embed.DenseEmbedder] = {}  # by stride
        self.built = True

    @property
    def steps_per_chunk(self) -> int:
        """Steps that go through the network at once."""
        if clip_encoder.is_clip_encoder(self.encoder):
            return max(1, self._frames_per_chunk // self.encoder.num_context)
        return self._frames_per_chunk

    def call(self, frames: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Embeds steps whose context is chosen already.

        Args:
            frames: [N, T, C, H, W, 3] float32 in [-1, 1], of the encoder's
                size.
            training: batch statistics and dropout in the parts that are
                trained.

        Returns:
            embs [N, T, D] float32.
        """
        return self.encoder(frames, training=training)

    @functools.cached_property  # is no layer of this model, unlike attributes
    def quick_encoder(self) -> Any:
        """The encoder in inference, with the weights of the first call.

        It embeds features of single frames; those of a network of clips are
        the frames (`tcc.models.clip_encoder`).
        """
        return clip_encoder.framewise(self.encoder).for_inference()

    def embed_video(
        self,
        video: str | os.PathLike[str] | np.ndarray,
        *,
        fps: float | None = None,
        size: int | None = None,
        stride: int | None = None,
    ) -> np.ndarray:
        """Embeds a video of any length; memory does not grow with it.

        The embeddings are those of `python -m tcc.extract_embeddings` for the
        same video in a prepared data set. `fps` and `size` are what
        `python -m tcc.datasets.prepare` takes by these names; give them the
        values that the training videos were prepared with, as the context of
        a step is counted in frames.

        Args:
            video: a file, or frames [L, H, W, 3] in 0...255.
            fps: frames per second that are kept of a file; None keeps all.
            size: pixels to which the shorter side of a file's larger frames
                is shrunk before they are resized; None leaves it.
            stride: frames from one embedded step to the next; None is that of
                the run, usually 1.

        Returns:
            embs [ceil(L / stride), D] float32.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file cannot be read, or frames of another form.
        """
        if isinstance(video, (str, os.PathLike)):
            path = pathlib.Path(video).expanduser()
            read = files.read_frames(path, fps=fps, shorter_side=size)
            frames: Iterator[np.ndarray] = (frame.pixels for frame in read)
        else:
            if fps is not None or size is not None:
                raise ValueError(
                    "fps and size must be None with frames: they say how a "
                    f"file is read. Received: fps={fps}, size={size}"
                )
            frames = iter(_check("video", video))
        embedder = self._embedder(self.stride if stride is None else stride)
        return np.concatenate(list(embedder.embed_stream(self._scale(frames))))

    def embed_frames(self, frames: np.ndarray) -> np.ndarray:
        """Embeds pictures by themselves, each as if a video began with it.

        Where the network sees context frames, all of them are the picture, as
        they are at the first frame of a video.

        Args:
            frames: [B, H, W, 3] in 0...255, of any B.

        Returns:
            embs [B, D] float32.

        Raises:
            ValueError: frames of another form.
        """
        _check("frames", frames)
        parts = []
        chunk = self.steps_per_chunk
        for start in range(0, len(frames), chunk):
            part = frames[start : start + chunk]
            images = self.frame_loader.scale(part)
            parts.append(self._embed_alone(images).numpy())
        return np.concatenate(parts)

    @functools.cached_property
    def _embed_alone(self) -> tf.types.experimental.PolymorphicFunction:
        encoder = self.quick_encoder  # made outside of the graph
        return tf.function(
            lambda images: embed_first_steps(encoder, images),
            reduce_retracing=True,
        )

    def _embedder(self, stride: int) -> embed.DenseEmbedder:
        if stride not in self._embedders:
            self._embedders[stride] = embed.DenseEmbedder(
                self.quick_encoder,
                context_stride=self.context_stride,
                frames_per_chunk=self._frames_per_chunk,
                stride=stride,
            )
        return self._embedders[stride]

    def _scale(self, frames: Iterator[np.ndarray]) -> Iterator[tf.Tensor]:
        for frame in frames:
            yield self.frame_loader.scale(frame[None])[0]


def embed_first_steps(encoder: Any, images: tf.Tensor) -> tf.Tensor:
    """Embeds images as the first frames of videos, in a graph or not.

    Args:
        encoder: as `TrainedEncoder.quick_encoder`.
        images: [B, H, W, 3] float32 in [-1, 1], of the encoder's size.

    Returns:
        embs [B, D] float32.
    """
    features = encoder.extract_features(images, training=False)
    context = tf.repeat(
        features[:, tf.newaxis, tf.newaxis], encoder.num_context, axis=2
    )
    embs, _ = encoder.embed_features(context, training=False)
    return embs[:, 0]


def _check(name: str, frames: Any) -> np.ndarray:
    """Refuses what is no series of frames with pixels in 0...255."""
    shape = np.shape(frames)
    if len(shape) != 4 or shape[-1] != 3 or 0 in shape:
        raise ValueError(
            f"{name} must have the shape [L, H, W, 3], L at least 1. "
            f"Received: {list(shape)}"
        )
    first = np.asarray(frames[0])
    if first.dtype.kind not in "uif":
        raise ValueError(f"{name} must be numbers. Received: {first.dtype}")
    low, high = first.min(), first.max()
    if low < 0 or (first.dtype.kind == "f" and low < high <= 1):
        raise ValueError(
            f"{name} must have pixels in 0...255. Received: {low}...{high}"
        )
    return frames
