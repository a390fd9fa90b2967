"""An encoder as the functions of a SavedModel."""

from collections.abc import Callable

import tensorflow as tf

from tcc.inference.trained_encoder import TrainedEncoder, embed_first_steps
from tcc.models import clip_encoder
from tcc.video import sampling

_CHUNK = 32  # frames of a video through the backbone at once


def build(
    model: TrainedEncoder,
) -> tuple[tf.Module, dict[str, Callable[..., dict[str, tf.Tensor]]]]:
    """Prepares an encoder for `tf.saved_model.save`.

    All functions take frames in 0...255 of any height and width, and any
    number of them:

    embed_steps: [B, H, W, 3] -> [B, D] for an encoder that sees one frame,
        [B, C, H, W, 3] -> [B, D] for one that sees C context frames, the last
        of which is the step's own, [N, T, H, W, 3] -> [N, T, D] for a
        recurrent one.
    embed_frames: [B, H, W, 3] -> [B, D], as `TrainedEncoder.embed_frames`.
    embed_video: [L, H, W, 3] -> [ceil(L / stride), D], all frames of a video,
        as `TrainedEncoder.embed_video`. It holds the features of all frames.

    Args:
        model: its weights are shared, but for those of the backbone.

    Returns:
        A module with these methods, for uint8 and for float32; and the
        signatures of the same names, from "frames" float32 to "embs".
        "serving_default" is "embed_steps".
    """
    functions = _Functions(model)
    module = tf.Module(name="tcc_encoder")
    module.encoder = model.quick_encoder  # brings the weights
    signatures = {}
    for name, function, dimensions in (
        ("embed_steps", functions.embed_steps, functions.step_dimensions),
        ("embed_frames", functions.embed_frames, [None]),
        ("embed_video", functions.embed_video, [None]),
    ):
        shape = [*dimensions, None, None, 3]
        method = tf.function(function)
        for dtype in (tf.uint8, tf.float32):
            method.get_concrete_function(tf.TensorSpec(shape, dtype, "frames"))
        setattr(module, name, method)
        signatures[name] = _name_output(
            method, tf.TensorSpec(shape, tf.float32, "frames")
        )
    signatures["serving_default"] = signatures["embed_steps"]
    return module, signatures


def _name_output(
    function: Callable[[tf.Tensor], tf.Tensor], frames: tf.TensorSpec
) -> Callable[..., dict[str, tf.Tensor]]:
    return tf.function(
        lambda frames: {"embs": function(frames)}, input_signature=[frames]
    )


class _Functions:
    """From frames to embeddings, in graphs."""

    def __init__(self, model: TrainedEncoder) -> None:
        self._model = model
        self._encoder = model.quick_encoder

    @property
    def step_dimensions(self) -> list[int | None]:
        """What stands before [H, W, 3] in the input of `embed_steps`."""
        if self._encoder.is_recurrent:
            return [None, None]
        count = self._encoder.num_context
        return [None, count] if count > 1 else [None]

    def embed_steps(self, frames: tf.Tensor) -> tf.Tensor:
        size = tf.shape(frames)
        features = self._features(
            tf.reshape(frames, tf.concat([[-1], size[-3:]], 0))
        )
        if self._encoder.is_recurrent:
            steps = [size[0], size[1], 1]
        else:
            steps = [size[0], 1, self._encoder.num_context]
        features = tf.reshape(features, [*steps, *self._encoder.feature_shape])
        embs, _ = self._encoder.embed_features(features, training=False)
        return embs if self._encoder.is_recurrent else embs[:, 0]

    def embed_frames(self, frames: tf.Tensor) -> tf.Tensor:
        return embed_first_steps(
            self._encoder, self._model.frame_loader.scale(frames)
        )

    def embed_video(self, frames: tf.Tensor) -> tf.Tensor:
        count = tf.shape(frames)[0]
        padding = [[0, -count % _CHUNK], [0, 0], [0, 0], [0, 0]]
        chunks = tf.reshape(
            tf.pad(frames, padding),
            tf.concat([[-1, _CHUNK], tf.shape(frames)[1:]], 0),
        )
        features = tf.map_fn(
            self._features,
            chunks,
            parallel_iterations=1,  # bounds memory
            fn_output_signature=tf.TensorSpec(
                [_CHUNK, *self._encoder.feature_shape],
                self._encoder.compute_dtype,
            ),
        )
        features = tf.reshape(features, [-1, *self._encoder.feature_shape])
        context = sampling.context_steps(
            sampling.all_steps(count, stride=self._model.stride),
            count,
            num_context=self._encoder.num_context,
            context_stride=self._model.context_stride,
        )
        if clip_encoder.is_clip_encoder(self._model.encoder):
            return self._embed_clips(features, context)
        means = None
        if self._encoder.centres:
            whole = tf.cast(features[:count], tf.float32)
            means = tf.reduce_mean(whole, axis=0, keepdims=True)
        embs, _ = self._encoder.embed_features(
            tf.gather(features, context)[tf.newaxis],
            training=False,
            means=means,
        )
        return embs[0]

    def _embed_clips(self, frames: tf.Tensor, context: tf.Tensor) -> tf.Tensor:
        """Embeds clips of frames [L, H, W, 3], few at once: each is large.

        Args:
            frames: float32 [L, H, W, 3].
            context: int64 [T, C], the frames of each clip.

        Returns:
            [T, D] float32.
        """
        count = tf.shape(context)[0]
        at_once = self._model.steps_per_chunk
        padded = tf.pad(context, [[0, -count % at_once], [0, 0]])
        embs = tf.map_fn(
            lambda clips: self._encoder(tf.gather(frames, clips)[tf.newaxis])[
                0
            ],
            tf.reshape(padded, [-1, at_once, self._encoder.num_context]),
            parallel_iterations=1,  # bounds memory
            fn_output_signature=tf.TensorSpec([at_once, None], tf.float32),
        )
        return tf.reshape(embs, [-1, tf.shape(embs)[-1]])[:count]

    def _features(self, frames: tf.Tensor) -> tf.Tensor:
        """From pixels [B, H, W, 3] to features [B, h, w, c]."""
        images = self._model.frame_loader.scale(frames)
        return self._encoder.extract_features(images, training=False)
