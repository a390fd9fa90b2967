"""The encoder: frames in, one embedding per step out."""

import keras
import tensorflow as tf
from absl import logging

from tcc.configs import schema
from tcc.models import backbones, feature_grid
from tcc.models.backbones import folded_backbone, train_base
from tcc.models.embedders.conv_embedder import ConvEmbedder
from tcc.models.embedders.convgru_embedder import ConvGRUEmbedder
from tcc.models.embedders.light_embedder import LightEmbedder

_EMBEDDERS = ("conv", "convgru", "light")


class Encoder(keras.Model):
    """A backbone on every frame, an embedder on the context of every step.

    All weights exist after construction. Whatever precision policy its
    layers were made under, embeddings are float32.
    """

    def __init__(
        self,
        backbone: keras.Model,
        embedder: keras.layers.Layer,
        *,
        num_context: int,
        l2_normalize: bool = False,
        grid: int = 0,
    ) -> None:
        """Joins a backbone and an embedder.

        Args:
            backbone: images [B, H, W, 3] to features [B, h, w, c], with
                static H, W, h, w and c.
            embedder: a `ConvEmbedder`, a `ConvGRUEmbedder`, a
                `LightEmbedder` or a layer called in the same way.
            num_context: C, frames of a step.
            l2_normalize: embeddings of length 1.
            grid: h = w of the features that the embedder gets, averages over
                cells of the backbone's; 0 leaves these as they are.

        Raises:
            ValueError: a grid finer than the backbone's features.
        """
        super().__init__(name="encoder")
        self.backbone = backbone
        self.embedder = embedder
        self.num_context = num_context
        self.image_shape = tuple(backbone.input_shape[1:])
        self.feature_shape = tuple(backbone.output_shape[1:])
        self._grid = grid
        if grid:
            feature_grid.check(grid, self.feature_shape[:2])
            self.feature_shape = (grid, grid, self.feature_shape[2])
        self.is_recurrent: bool = embedder.is_recurrent
        # Whether embedding needs the mean of the features over the video.
        self.centres: bool = getattr(embedder, "centres", False)
        self.l2_normalize = l2_normalize
        if not embedder.built:
            embedder.build((None, None, num_context, *self.feature_shape))
        self.built = True

    def for_inference(self) -> "Encoder":
        """Returns an encoder of the same function, quicker, not to be trained.

        Its backbone is a copy (`folded_backbone`), which does not follow later
        changes of the weights; its embedder is this one's.
        """
        return Encoder(
            folded_backbone.fold(self.backbone),
            self.embedder,
            num_context=self.num_context,
            l2_normalize=self.l2_normalize,
            grid=self._grid,
        )

    def call(
        self,
        frames: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Embeds the steps of a batch of videos.

        Args:
            frames: [N, T, C, H, W, 3] float32 in [-1, 1]; the last of the C
                context frames is the step's own.
            training: batch statistics and dropout in the parts that are
                trained; frozen parts stay in inference.
            seed: [2] int32, decides the dropout; None draws one.

        Returns:
            embs [N, T, D] float32.

        Raises:
            ValueError: frames of another shape.
        """
        expected = (self.num_context, *self.image_shape)
        if tuple(frames.shape[2:]) != expected:
            raise ValueError(
                f"frames must have the shape [N, T, {str(expected)[1:-1]}]. "
                f"Received: {frames.shape}"
            )
        num_videos, num_steps = keras.ops.shape(frames)[:2]
        features = self.extract_features(
            tf.reshape(frames, [-1, *self.image_shape]), training=training
        )
        features = tf.reshape(
            features,
            [num_videos, num_steps, self.num_context, *self.feature_shape],
        )
        embs, _ = self.embed_features(features, training=training, seed=seed)
        return embs

    def extract_features(
        self, images: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Runs the backbone.

        Args:
            images: [B, H, W, 3] float32 in [-1, 1].
            training: batch statistics, unless the backbone is frozen.

        Returns:
            features [B, h, w, c] of the compute dtype, averaged over the
            cells of the configured grid.
        """
        features = self.backbone(
            images, training=training and self.backbone.trainable
        )
        if not self._grid:
            return features
        return feature_grid.average(features, self._grid)

    def project(self, features: tf.Tensor) -> tf.Tensor:
        """Runs the part of the embedder that needs one frame only.

        For inference on many steps that share their context frames: each
        frame is projected once.

        Args:
            features: [B, h, w, c], any float dtype.

        Returns:
            [B, h, w, p] for `embed_features(…, projected=True)`; the features
            themselves with an embedder that has no such part.
        """
        if hasattr(self.embedder, "project"):
            return self.embedder.project(features)
        return features

    def embed_features(
        self,
        features: tf.Tensor,
        training: bool = False,
        initial_state: tuple[tf.Tensor, ...] | None = None,
        seed: tf.Tensor | None = None,
        projected: bool = False,
        means: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Runs the embedder, on features that may come from a cache.

        Args:
            features: [N, T, C, h, w, c], any float dtype.
            training: batch statistics and dropout, unless it is frozen.
            initial_state: what this returned for the steps before, to go on
                where they ended; None at the start of the videos.
            seed: [2] int32, decides the dropout; None draws one.
            projected: `project` was run on the features of every frame.
            means: [N, h, w, c] float32, of the features of each whole video,
                for an embedder that `centres`; None is their mean over the
                frames given.

        Returns:
            embs [N, T, D] float32, and the state behind the last step: ()
            unless `is_recurrent`.
        """
        shared = projected and hasattr(self.embedder, "project")
        embs, state = self.embedder(
            features,
            training=training and self.embedder.trainable,
            initial_state=initial_state or (),
            seed=seed,
            **({"projected": True} if shared else {}),
            **({"means": means} if self.centres else {}),
        )
        embs = tf.cast(embs, tf.float32)
        if self.l2_normalize:
            embs = tf.math.l2_normalize(embs, axis=-1)
        return embs, state


def build_encoder(
    config: schema.ModelConfig, *, image_size: int, num_context: int
) -> Encoder:
    """Builds the encoder of an experiment, with its weights.

    Set the Keras precision policy before. To restore a trained encoder,
    build it with `weights="none"`: nothing is read or downloaded.

    Args:
        config: the model section of the experiment.
        image_size: pixels, height and width of the frames.
        num_context: C, frames of a step.

    Returns:
        The encoder; `train_base` and `train_embedder` decide its
        `trainable_variables`.

    Raises:
        ValueError: an unknown name or a combination that does not work.
        FileNotFoundError: the backbone's weights are not there.
    """
    if config.embedder not in _EMBEDDERS:
        raise ValueError(
            f"model.embedder must be one of {', '.join(_EMBEDDERS)}. "
            f"Received: {config.embedder!r}"
        )
    embedder: ConvEmbedder | ConvGRUEmbedder | LightEmbedder
    if config.embedder == "conv":
        embedder = ConvEmbedder(
            config.conv,
            embedding_size=config.embedding_size,
            l2_regularization=config.l2_regularization,
        )
    elif config.embedder == "light":
        embedder = LightEmbedder(
            config.light,
            embedding_size=config.embedding_size,
            l2_regularization=config.l2_regularization,
        )
    else:
        embedder = ConvGRUEmbedder(
            config.convgru,
            embedding_size=config.embedding_size,
            l2_regularization=config.l2_regularization,
        )
        logging.warning(
            "The convgru embedder sees all earlier steps and can count them: "
            "an embedder that only counts aligns videos with a Kendall's tau "
            "of about .98 without seeing. Judge it by phase classification."
        )
    backbone = backbones.build_backbone(config, image_size=image_size)
    train_base.set_train_base(backbone, config.train_base)
    embedder.trainable = config.train_embedder
    return Encoder(
        backbone,
        embedder,
        num_context=num_context,
        l2_normalize=config.l2_normalize,
        grid=config.feature_grid,
    )
