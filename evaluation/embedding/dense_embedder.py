"""The dense embedder: frames of a video in, one embedding per step out.

Every frame goes through the backbone once, and through that part of the
embedder which needs no other frame. What this gave for the last frames stays
in a buffer, from which the context of each step is gathered: memory is bounded
by the chunk and the reach of the context, not by the video. The state of
recurrent embedders is carried on. Chunks have fixed shapes, the last one
padded, so each graph is traced once; where they begin and end never enters the
result. An embedder that centres features needs their mean over the video first:
then the features of all frames are held. A network of clips
(`tcc.models.clip_encoder`) sees the frames of each step anew, as many at once
as a chunk has.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from tcc.models import clip_encoder, feature_grid
from tcc.video import sampling
from tcc.video.frames import frame_loading

_KEPT_GRID = 3  # cells in height and width, of features that are kept

# Takes frame indices [K] int64 in rising order, returns these frames
# [K, H, W, 3] float32 in [-1, 1].
FrameReader = Callable[[np.ndarray], Any]


class DenseEncoder(Protocol):
    """What is needed of an encoder; `tcc.models.Encoder` has it.

    One that also has `project`, as `tcc.models.Encoder`, computes a part of its
    embedder once for each frame instead of once for each of its contexts. One
    that has `for_inference` gives a quicker encoder to embed with.
    """

    num_context: int
    image_shape: tuple[int, ...]

    def extract_features(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Images [B, H, W, 3] to features [B, h, w, c]."""

    def embed_features(
        self, features: tf.Tensor, training: bool, initial_state: Any
    ) -> tuple[tf.Tensor, Any]:
        """Features [N, T, C, h, w, c] to embs [N, T, D] and the state."""


class PooledBackbone:
    """The features of a backbone, averaged over the image: a baseline."""

    num_context = 1

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self.image_shape = encoder.image_shape

    def for_inference(self) -> "PooledBackbone":
        """The same of an encoder that is quicker."""
        return type(self)(self._encoder.for_inference())

    def extract_features(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Images [B, H, W, 3] to features [B, h, w, c]."""
        return self._encoder.extract_features(images, training=training)

    def embed_features(
        self, features: tf.Tensor, training: bool, initial_state: Any
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Features [N, T, 1, h, w, c] to embs [N, T, c]."""
        del training, initial_state
        pooled = tf.reduce_mean(tf.cast(features, tf.float32), axis=(2, 3, 4))
        return pooled, ()


class DenseEmbedder:
    """Embeds videos of any length with one encoder."""

    def __init__(
        self,
        encoder: Any,
        *,
        context_stride: int,
        frames_per_chunk: int = 32,
        stride: int = 1,
        frame_loader: frame_loading.FrameLoader | None = None,
    ) -> None:
        """Prepares the graphs.

        Args:
          encoder: a `DenseEncoder` or a network of clips, in inference, with
            the weights that it has now; it is not changed.
          context_stride: frames between two context frames, counted in the
            original video whatever `stride` is.
          frames_per_chunk: frames through the backbone at once, and steps
            through the embedder.
          stride: frames from one embedded step to the next.
          frame_loader: makes what the encoder takes of frames; None resizes
            them to its size.

        Raises:
          ValueError: a number below 1.
        """
        numbers = {
            "context_stride": context_stride,
            "frames_per_chunk": frames_per_chunk,
            "stride": stride,
        }
        for name, value in numbers.items():
            if value < 1:
                raise ValueError(f"{name} must be 1 or more. Received: {value}")
        self._steps_per_chunk = frames_per_chunk
        # What `project` gives is no longer the backbone's.
        self._has_features = not hasattr(
            getattr(encoder, "embedder", None), "project"
        ) and not clip_encoder.is_clip_encoder(encoder)
        if clip_encoder.is_clip_encoder(encoder):
            encoder = clip_encoder.framewise(encoder)
            self._steps_per_chunk = max(
                1, frames_per_chunk // encoder.num_context
            )
        self._frame_loader = frame_loader
        self._image_shape = encoder.image_shape
        if hasattr(encoder, "for_inference"):
            encoder = encoder.for_inference()
        self._num_context = encoder.num_context
        self._context_stride = context_stride
        self._chunk = frames_per_chunk
        self._stride = stride
        project = getattr(encoder, "project", None)
        options = {"projected": True} if project else {}

        def extract(frames: tf.Tensor) -> tf.Tensor:
            features = encoder.extract_features(frames, training=False)
            return project(features) if project else features

        self._centres = getattr(encoder, "centres", False)

        def embed(
            features: tf.Tensor, state: Any, means: tf.Tensor | None
        ) -> tuple[tf.Tensor, Any]:
            centring = {"means": means} if self._centres else {}
            return encoder.embed_features(
                features,
                training=False,
                initial_state=state,
                **options,
                **centring,
            )

        images = tf.TensorSpec(
            [frames_per_chunk, *encoder.image_shape], tf.float32
        )
        self._extract = tf.function(extract, input_signature=[images])
        self._embed = tf.function(embed)

    @property
    def frame_loader(self) -> frame_loading.FrameLoader:
        """Makes what the encoder takes of frames as they are stored."""
        return self._frame_loader or frame_loading.square(self._image_shape)

    @property
    def has_features(self) -> bool:
        """Whether `embed` can keep features: those of a backbone, by frame."""
        return self._has_features

    def embed(
        self,
        read_frames: FrameReader,
        seq_len: int,
        *,
        features: list[np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embeds one video.

        Args:
          read_frames: gives the frames of rising indices; asked once, in
            order, for every frame that is needed.
          seq_len: frames of the whole video, 1 or more.
          features: receives the features [L, F] float32 of the embedded
            frames, averaged over a coarse grid, less their mean. Only where
            `has_features`.

        Returns:
          embs [L, D] float32 and steps [L] int64, L = ceil(seq_len / stride).

        Raises:
          ValueError: a video without frames.
        """
        if seq_len < 1:
            raise ValueError(f"seq_len must be 1 or more. Received: {seq_len}")
        steps = sampling.all_steps(seq_len, stride=self._stride).numpy()
        needed = np.unique(self._context(steps))
        if self._centres:  # the mean is that of all frames, as in training
            needed = np.arange(seq_len)
        parts = (
            needed[start : start + self._chunk]
            for start in range(0, len(needed), self._chunk)
        )
        batches = ((part, read_frames(part)) for part in parts)
        if features is None:
            return np.concatenate(list(self._embed_batches(batches))), steps
        kept: list[np.ndarray] = []
        embs = np.concatenate(list(self._embed_batches(batches, kept)))
        values = np.concatenate(kept)[np.searchsorted(needed, steps)]
        features.append(values - values.mean(0))
        return embs, steps

    def embed_stream(self, frames: Iterable[Any]) -> Iterator[np.ndarray]:
        """Embeds a video of unknown length while its frames come in.

        Args:
          frames: [H, W, 3] float32 in [-1, 1], all of the video in order.

        Yields:
          The embeddings [K, D] float32 of the next K steps, `stride` frames
          from each other, the first one frame 0; K is `frames_per_chunk`, at
          the end less.
        """
        return self._embed_batches(self._batches(frames))

    def _batches(
        self, frames: Iterable[Any]
    ) -> Iterator[tuple[np.ndarray, list[Any]]]:
        """Yields (indices, frames) of the frames that some step sees."""
        behind = self._context_stride * np.arange(self._num_context)
        indices: list[int] = []
        images: list[Any] = []
        for index, frame in enumerate(frames):
            is_seen = not ((index + behind) % self._stride).all()
            if not (is_seen or self._centres):
                continue
            indices.append(index)
            images.append(frame)
            if len(indices) == self._chunk:
                yield np.array(indices), images
                indices, images = [], []
        if indices:
            yield np.array(indices), images

    def _context(self, steps: np.ndarray) -> np.ndarray:
        """Returns the frames [K, C] that steps [K] see, both int64."""
        return sampling.context_steps(
            steps,
            steps[-1] + 1,
            num_context=self._num_context,
            context_stride=self._context_stride,
        ).numpy()

    def _embed_batches(
        self,
        batches: Iterable[tuple[np.ndarray, Any]],
        kept: list[np.ndarray] | None = None,
    ) -> Iterator[np.ndarray]:
        """Yields the embeddings [K, D] of each chunk of steps.

        Args:
          batches: (indices [K] int64, frames [K, H, W, 3]) of the frames that
            some step sees, in order, K at most the chunk.
          kept: receives the features [K, F] float32 of these frames.
        """
        reach = self._context_stride * (self._num_context - 1)
        features: Iterable[tuple[np.ndarray, tf.Tensor]] = (
            (indices, self._features(images, kept))
            for indices, images in batches
        )
        means = None
        if self._centres:
            features = list(features)
            means = _mean([values for _, values in features])
        frames = np.zeros(0, np.int64)  # in the buffer
        buffer = None
        last = -1  # the newest frame
        step, state = 0, None  # the next one, and the state before it
        for indices, new in features:
            buffer = new if buffer is None else tf.concat([buffer, new], 0)
            frames = np.concatenate([frames, indices])
            last = indices[-1]
            while step + (self._steps_per_chunk - 1) * self._stride <= last:
                end = step + self._steps_per_chunk * self._stride
                steps = np.arange(step, end, self._stride)
                embs, state = self._embed_steps(
                    steps, frames, buffer, state, means
                )
                yield embs
                step = end
                # The oldest context frame never runs back.
                needed = np.flatnonzero(frames >= step - reach)
                frames, buffer = frames[needed], tf.gather(buffer, needed)
        steps = np.arange(step, last + 1, self._stride)
        if len(steps):  # fewer than a chunk
            embs, _ = self._embed_steps(steps, frames, buffer, state, means)
            yield embs

    def _embed_steps(
        self,
        steps: np.ndarray,
        frames: np.ndarray,
        buffer: tf.Tensor,
        state: Any,
        means: tf.Tensor | None,
    ) -> tuple[np.ndarray, Any]:
        """Embeds steps [K] from a buffer [B, h, w, c] of frames [B]."""
        places = np.searchsorted(frames, self._context(steps))
        padding = ((0, self._steps_per_chunk - len(places)), (0, 0))
        places = np.pad(places, padding, mode="edge")
        gathered = tf.gather(buffer, places)[tf.newaxis]
        embs, state = self._embed(gathered, state, means)
        return embs[0, : len(steps)].numpy(), state

    def _features(
        self, images: Any, kept: list[np.ndarray] | None
    ) -> tf.Tensor:
        """Returns the features [K, h, w, c] of frames [K], 1 <= K <= chunk."""
        images = tf.convert_to_tensor(images, tf.float32)
        count = len(images)
        padding = tf.repeat(images[-1:], self._chunk - count, axis=0)
        features = self._extract(tf.concat([images, padding], 0))[:count]
        if kept is not None:
            cells = tf.cast(features, tf.float32)
            if min(features.shape[1:3]) > _KEPT_GRID:
                cells = feature_grid.average(cells, _KEPT_GRID)
            kept.append(cells.numpy().reshape(count, -1))
        return features


def _mean(features: list[tf.Tensor]) -> tf.Tensor | None:
    """Returns the mean [1, h, w, c] float32 of all frames; None of none."""
    if not features:
        return None
    count = sum(len(part) for part in features)
    # Chunk by chunk in float64: the result does not depend on the chunks.
    total = sum(
        tf.reduce_sum(tf.cast(part, tf.float64), axis=0) for part in features
    )
    return tf.cast(total / count, tf.float32)[tf.newaxis]
