"""Frames in [-1, 1] as a network wants them that was trained on another range.

The pipeline gives every network float32 RGB in [-1, 1]. A network of another
convention starts with `InputNormalization`:

    x = InputNormalization.imagenet()(frames)    # (RGB / 255 - mean) / std
    x = InputNormalization.caffe()(frames)       # BGR in 0...255 minus mean
    x = InputNormalization.unit()(frames)        # RGB in [0, 1]
    x = InputNormalization(255.0, mean=96.5)(frames)  # RGB minus one number
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("tcc")
class InputNormalization(keras.layers.Layer):
    """From RGB in [-1, 1] to (range * (x + 1) / 2 - mean) / std."""

    def __init__(
        self,
        value_range: float = 1.0,
        *,
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        bgr: bool = False,
        **options: Any,
    ) -> None:
        """Makes the layer, which has no weights.

        Args:
            value_range: What white becomes before the mean is taken off: 1 or
                255.
            mean: Taken off each channel, in the order of the result.
            std: Each channel is divided by it, in the order of the result.
            bgr: Whether the channels of the result are blue, green, red.
            **options: Of `keras.layers.Layer`.

        Raises:
            ValueError: A standard deviation or a range that is not positive,
                or not one or three numbers for the channels.
        """
        super().__init__(**options)
        for name, value in (("mean", mean), ("std", std)):
            if np.shape(value) not in ((), (3,)):
                raise ValueError(
                    f"{name} must be one number or three. Received: {value}"
                )
        if value_range <= 0 or np.min(std) <= 0:
            raise ValueError(
                "value_range and std must be more than 0. "
                f"Received: {value_range}, {std}"
            )
        self.value_range, self.bgr = value_range, bgr
        self.mean, self.std = _as_config(mean), _as_config(std)

    @classmethod
    def imagenet(cls, **options: Any) -> "InputNormalization":
        """That of torchvision's networks: mean and deviation of ImageNet."""
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        return cls(1.0, mean=mean, std=std, **options)

    @classmethod
    def caffe(cls, **options: Any) -> "InputNormalization":
        """That of Caffe's networks: BGR in 0...255 minus ImageNet's mean."""
        mean = (103.939, 116.779, 123.68)
        return cls(255.0, mean=mean, bgr=True, **options)

    @classmethod
    def unit(cls, **options: Any) -> "InputNormalization":
        """RGB in [0, 1]."""
        return cls(1.0, **options)

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        """Converts frames.

        Args:
            frames: [..., 3] RGB in [-1, 1].

        Returns:
            The same shape, of the compute dtype.
        """
        # One product and one sum, in float32: 255 and more is too coarse for
        # a sum in half precision.
        std = np.asarray(self.std, np.float64)
        scale = self.value_range / 2.0 / std
        shift = (self.value_range / 2.0 - np.asarray(self.mean)) / std
        frames = keras.ops.cast(frames, "float32")
        if self.bgr:
            frames = frames[..., ::-1]
        scaled = frames * scale.astype(np.float32) + shift.astype(np.float32)
        return keras.ops.cast(scaled, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape that goes in."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "mean": self.mean,
            "std": self.std,
            "bgr": self.bgr,
        }


def _as_config(value: float | Sequence[float]) -> Any:
    """Returns numbers that JSON and Keras take as they are."""
    if np.shape(value) == ():
        return float(value)  # type: ignore[arg-type]
    return [float(v) for v in value]  # type: ignore[union-attr]
