"""The interface of a pretext task: what it sees, and what it minimises."""

import abc
import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from tcc import models
from tcc.configs import schema
from tcc.video.clip_spec import ClipSpec
from tcc.video.planning.training_data import TrainingData

# A batch of `tcc.video.input_pipeline.training_batches`.
Batch = Mapping[str, tf.Tensor]
# The loss, [] float32, without regularisation, and the metrics to report, one
# [] float32 for each of `Algorithm.metric_names`.
LossAndMetrics = tuple[tf.Tensor, dict[str, tf.Tensor]]
Config: TypeAlias = schema.ExperimentConfig


class Algorithm(keras.Model):
    """An encoder, and an objective that trains it.

    Training, checkpoints, evaluation and export know nothing else of a task:

    - `clip_spec` declares what it sees of a video: which steps, clips of how
      many frames, how they are augmented;
    - `build_encoder` makes its network, which evaluation restores and embeds
      with;
    - `__init__` adds heads, and with `add_state` what else it remembers;
    - `objective` computes the loss of a batch.

    Only `objective` must be there. Heads are layers or tuples of layers in
    plain attributes: checkpoints pass over layers in lists and dictionaries.

    Attributes:
      encoder: frames [N, T, C, H, W, 3] → embs [N, T, D].
      spec: what `clip_spec` declares for the configuration.
      metric_names: keys of the metrics that `objective` returns.
    """

    metric_names: tuple[str, ...] = ()

    def __init__(
        self, encoder: keras.Model, config: Config, data: TrainingData
    ) -> None:
        """Takes the network to train; a task with heads makes them here.

        Args:
          encoder: what `build_encoder` returned.
          config: the experiment.
          data: how many videos are trained on.
        """
        super().__init__()
        del data
        self.encoder = encoder
        self.spec = self.clip_spec(config)
        # Embedders draw their dropout from a seed; not all networks do.
        parameters = inspect.signature(encoder.call).parameters
        self._encoder_takes_seed = "seed" in parameters

    @classmethod
    def clip_spec(cls, config: Config) -> ClipSpec:
        """Declares what the task sees of a video.

        What is left open is as configured. Evaluation asks for it too, where
        there is no instance.
        """
        del config
        return ClipSpec()

    @classmethod
    def build_encoder(cls, config: Config) -> keras.Model:
        """Returns the network that is trained: backbone and embedder.

        A task may bring any other Keras model that has

        - `call`, from frames [N, T, C, H, W, 3] float32 in [-1, 1] to embs
          [N, T, D] float32, with all weights made before it is called;
        - `image_shape`, (H, W, 3), and `num_context`, C.

        Raises:
          ValueError: the clip spec has frames that are not square.
        """
        sees = cls.clip_spec(config).resolve(config.data)
        height, width = sees.load_frames.frame_size
        if height != width:
            raise ValueError(
                "the frames of a ClipSpec must be square for the encoder of "
                f"config.model. Received: {height} x {width}"
            )
        return models.build_encoder(
            config.model, image_size=height, num_context=sees.num_context
        )

    def add_state(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Any = "zeros",
        dtype: str = "float32",
    ) -> keras.Variable:
        """Adds what the task remembers from step to step, beside weights.

        It is saved and restored with the weights. Every replica must assign
        the same values: derive them from what `replicas.gather` returns, and
        only when `training`.

        Args:
          name: of the variable.
          shape: such as (number of videos, channels).
          initializer: see `keras.layers.Layer.add_weight`.
          dtype: whatever the precision policy is.

        Returns:
          The variable.
        """
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def check_batch(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Refuses a batch whose numbers the objective cannot learn from.

        Runs where the batches are made, on the CPU, with their names. A task
        that has nothing to refuse need not override it.

        Args:
          batch: see `tcc.video.input_pipeline.training_batches`.

        Returns:
          The same batch.

        Raises:
          tf.errors.InvalidArgumentError: for a batch that is refused, with a
            message for `refused_batches.as_value_error`.
        """
        return dict(batch)

    def call(
        self,
        frames: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds frames; see `tcc.models.Encoder.call`.

        Args:
          frames: [N, T, C, H, W, 3] float32 in [-1, 1].
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, decides the dropout.

        Returns:
          embs [N, T, D] float32.
        """
        options = {"seed": seed} if self._encoder_takes_seed else {}
        return self.encoder(frames, training=training, **options)

    def embed_batch(
        self,
        batch: Batch,
        *,
        training: bool,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds the steps of a batch.

        Args:
          batch: with "frames" [N, T, C, H, W, 3], or with what a frozen
            backbone makes of them, "features" [N, T, C, h, w, c] of any float
            dtype (`tcc.feature_cache`), which then count, and perhaps
            "feature_means" [N, h, w, c], their means over the whole videos.
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, decides the dropout.

        Returns:
          embs [N, T, D] float32.
        """
        if "features" not in batch:
            return self(batch["frames"], training=training, seed=seed)
        embs, _ = self.encoder.embed_features(
            batch["features"],
            training=training,
            seed=seed,
            means=batch.get("feature_means"),
        )
        return embs

    @abc.abstractmethod
    def objective(
        self, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """Computes what the task minimises on one batch.

        Args:
          batch: see `tcc.video.input_pipeline.training_batches`.
          training: whether dropout and batch statistics are in use.
          seed: [2] int32, for everything that the task draws; each replica
            gets its own.

        Returns:
          The loss, [] float32, without regularisation, and the metrics to
          report, one [] float32 for each of `metric_names`.
        """

    def build(self, input_shape: Any = None) -> None:
        """Does nothing: encoder and heads are built when they are made."""
        del input_shape
        self.built = True


class EmbeddingObjective(Algorithm):
    """A task whose loss sees the frames through their embeddings only.

    Such tasks can be combined: the frames are embedded once for all.
    """

    def objective(
        self, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """See `Algorithm.objective`."""
        encoder_seed, own_seed = tf.unstack(
            tf.random.experimental.stateless_split(seed, 2)
        )
        embs = self.embed_batch(batch, training=training, seed=encoder_seed)
        return self.objective_on_embeddings(
            embs, batch, training=training, seed=own_seed
        )

    @abc.abstractmethod
    def objective_on_embeddings(
        self, embs: tf.Tensor, batch: Batch, *, training: bool, seed: tf.Tensor
    ) -> LossAndMetrics:
        """Computes what the task minimises from the embeddings of a batch.

        Args:
          embs: [N, T, D] float32.
          batch: what is known of the steps; as `objective`, but frames and
            features may be missing.
          training: whether dropout is in use.
          seed: [2] int32, for everything that the task draws.

        Returns:
          As `objective`.
        """
