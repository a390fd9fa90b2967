"""The alignment loss as a Keras loss, for `model.compile` and `model.fit`."""

from typing import Any

import keras
import tensorflow as tf

from tcc.alignment import alignment


@keras.saving.register_keras_serializable(package="tcc")
class AlignmentLoss(keras.losses.Loss):
    """Temporal cycle-consistency of a batch of videos of one action.

    A model from videos [N, T, ...] to embeddings [N, T, D] learns with it
    without labels:

        model.compile("adam", loss=AlignmentLoss())
        model.fit(videos, np.zeros(len(videos)), batch_size=8)

    A sample is a whole video, so a batch needs two or more (with stochastic
    matching `cycle_length`); the loss of a smaller one, as the last of an
    epoch may be, is 0.
    """

    def __init__(
        self,
        *,
        times_in_y_true: bool = False,
        loss_type: str = "regression_mse_var",
        similarity_type: str = "l2",
        temperature: float = 0.1,
        label_smoothing: float = 0.1,
        variance_lambda: float = 0.001,
        huber_delta: float = 0.1,
        stochastic_matching: bool = False,
        num_cycles: int = 20,
        cycle_length: int = 2,
        name: str = "alignment_loss",
    ) -> None:
        """Sets the loss up; its defaults are those of the paper.

        Args:
          times_in_y_true: whether `y_true` [N, T] holds the time of every
            step, as a fraction of its video (frame index / number of frames).
            If not, `y_true` may be anything with N rows, and the T steps are
            taken as evenly spread over their videos.
          loss_type: see `compute_alignment_loss`, as all that follow.
          similarity_type: "l2", "cosine" or "true_cosine".
          temperature: positive.
          label_smoothing: of "classification".
          variance_lambda: of "regression_mse_var".
          huber_delta: of "regression_huber".
          stochastic_matching: random cycles instead of all pairs.
          num_cycles: of stochastic matching.
          cycle_length: of stochastic matching.
          name: what Keras shows.
        """
        super().__init__(name=name)
        self._times_in_y_true = times_in_y_true
        self._settings: dict[str, Any] = {
            "loss_type": loss_type,
            "similarity_type": similarity_type,
            "temperature": temperature,
            "label_smoothing": label_smoothing,
            "variance_lambda": variance_lambda,
            "huber_delta": huber_delta,
            "stochastic_matching": stochastic_matching,
            "num_cycles": num_cycles,
            "cycle_length": cycle_length,
        }

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the loss of a batch.

        Args:
          y_true: [N, T] floating, times of the steps, or [N, ...] of anything;
            see `times_in_y_true`.
          y_pred: [N, T, D] floating, embeddings.

        Returns:
          [] float32.

        Raises:
          ValueError: a wrong shape.
        """
        if y_pred.shape.rank != 3:
            raise ValueError(
                "AlignmentLoss needs embeddings [videos, steps, channels] as "
                f"the model's output. Received: shape {y_pred.shape}"
            )
        batch_size, num_steps = y_pred.shape[0], y_pred.shape[1]
        batch_size = batch_size or tf.shape(y_pred)[0]
        times: dict[str, tf.Tensor] = {}
        if self._times_in_y_true:
            if not y_pred.shape[:2].is_compatible_with(y_true.shape):
                raise ValueError(
                    "AlignmentLoss(times_in_y_true=True) needs the time of "
                    f"every step, [videos, steps={num_steps}], as targets. "
                    f"Received: shape {y_true.shape}"
                )
            # A time is a step of a video of length 1.
            times = {"steps": y_true, "seq_lens": tf.ones([batch_size])}

        def compute() -> tf.Tensor:
            return alignment.compute_alignment_loss(
                y_pred, batch_size, **times, **self._settings
            )

        if not self._settings["stochastic_matching"]:
            return compute()  # 0 for one video
        return tf.cond(
            tf.convert_to_tensor(batch_size) >= self._settings["cycle_length"],
            compute,
            lambda: tf.zeros([]),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, so that Keras can save a compiled model."""
        return {
            "name": self.name,
            "times_in_y_true": self._times_in_y_true,
            **self._settings,
        }
