"""Networks that see whole clips, where encoders of single frames are expected.

A clip encoder, such as one of 3-D convolutions, is a Keras model with

    call(frames [N, T, C, H, W, 3]) -> embs [N, T, D]
    image_shape = (H, W, 3)
    num_context = C

and nothing else. It has no features of single frames that the steps could
share, so here the frames themselves stand in their place.
"""

from typing import Any

import keras
import tensorflow as tf


def is_clip_encoder(encoder: Any) -> bool:
    """Returns whether a network sees whole clips."""
    return isinstance(encoder, ClipsOfFrames) or not hasattr(
        encoder, "extract_features"
    )


def framewise(encoder: Any) -> Any:
    """Returns an encoder with `extract_features` and `embed_features`.

    Args:
        encoder: a `tcc.models.Encoder`, which has them, or a clip encoder.

    Raises:
        ValueError: a clip encoder that lacks what it must have.
    """
    if hasattr(encoder, "extract_features"):
        return encoder
    return ClipsOfFrames(encoder)


class ClipsOfFrames(keras.Model):
    """A clip encoder whose features of a frame are the frame itself."""

    is_recurrent = False

    def __init__(self, encoder: keras.Model) -> None:
        """Wraps a clip encoder, whose weights it shares.

        Raises:
            ValueError: it lacks `image_shape` or `num_context`.
        """
        super().__init__(name="clips_of_frames")
        for name in ("image_shape", "num_context"):
            if not hasattr(encoder, name):
                raise ValueError(
                    f"a network of clips must have {name}: see "
                    "tcc.algorithms.Algorithm.build_encoder. Received: "
                    f"{type(encoder).__name__}"
                )
        self.encoder = encoder
        self.image_shape = tuple(encoder.image_shape)
        self.num_context = int(encoder.num_context)
        self.feature_shape = self.image_shape
        self.built = True

    @property
    def compute_dtype(self) -> str:
        """Of the features, which are frames."""
        return "float32"

    def for_inference(self) -> "ClipsOfFrames":
        """Returns itself: there is nothing to fold."""
        return self

    def call(self, frames: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Embeds clips [N, T, C, H, W, 3]: embs [N, T, D] float32."""
        return tf.cast(self.encoder(frames, training=training), tf.float32)

    def extract_features(
        self, images: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Returns images [B, H, W, 3] as they are."""
        del training
        return images

    def embed_features(
        self,
        features: tf.Tensor,
        training: bool = False,
        initial_state: Any = None,
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Clips [N, T, C, H, W, 3] to embs [N, T, D] and no state."""
        del initial_state
        return self(features, training=training), ()
