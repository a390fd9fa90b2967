"""Trains with an objective of one's own, which remembers every video.

    python examples/custom_objective.py

Instance discrimination: a moment of a video must be recognised as that video
among all others, each of which is a row in a bank (Wu et al., "Unsupervised
Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018). It
takes a class, `register_objective`, and its name in the configuration. (How an
installed package brings an objective to the commands: docs/code_map.md.) Here
it trains for a few steps on rendered videos.
"""

import pathlib
import tempfile
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

import tcc
from tcc import algorithms
from tcc.algorithms import replicas
from tcc.configs import demo, schema
from tcc.datasets.builders.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder,
)
from tcc.datasets.preparing import preparation
from tcc.evaluation.tasks import algo_loss
from tcc.training import checkpoints, loop
from tcc.video import prepared
from tcc.video.frames import scoped_frames

_SIZE = 32  # pixels
_TEMPERATURE = 0.07


class InstanceDiscrimination(algorithms.EmbeddingObjective):
    """Two steps of a video look like its row in the bank, and like no other.

    The row of a video is the mean of its embeddings in the last batch that it
    was in, of length 1.
    """

    metric_names = ("instance_accuracy",)

    def __init__(
        self,
        encoder: keras.Model,
        config: schema.ExperimentConfig,
        data: algorithms.TrainingData,
    ) -> None:
        """Makes the bank: one row for each training video."""
        super().__init__(encoder, config, data)
        self.bank = self.add_state(
            "bank",
            (data.num_videos, config.model.embedding_size),
            keras.initializers.RandomNormal(stddev=0.1, seed=0),
        )

    @classmethod
    def clip_spec(cls, config: schema.ExperimentConfig) -> algorithms.ClipSpec:
        """Two steps of each video, each cropped and mirrored by itself."""
        size = config.data.image_size
        return algorithms.ClipSpec(
            sample_steps=_two_steps,
            min_seq_len=2,
            load_frames=scoped_frames.ScopedFrames(
                resize=(size + 8, size + 8),
                crop=(size, size),
                crop_scope="step",
                changes=(scoped_frames.Change(scoped_frames.mirror(), "step"),),
            ),
        )

    def objective_on_embeddings(
        self,
        embs: tf.Tensor,
        batch: algorithms.Batch,
        *,
        training: bool,
        seed: tf.Tensor,
    ) -> algorithms.LossAndMetrics:
        """Softmax over the similarities to all rows.

        Of a split that is not trained on the videos have no rows: their
        "video_ids" are -1, and their loss is 0.
        """
        del seed
        embs = tf.math.l2_normalize(embs, axis=-1)
        ids = batch["video_ids"]
        logits = tf.matmul(embs, self.bank, transpose_b=True) / _TEMPERATURE
        labels = tf.repeat(tf.maximum(ids, 0)[:, tf.newaxis], 2, axis=1)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        is_known = tf.cast(ids >= 0, tf.float32)[:, tf.newaxis]
        is_right = tf.cast(tf.argmax(logits, axis=-1) == labels, tf.float32)
        if training:
            # All replicas write the rows of all videos of the batch.
            replicas.update_rows(
                self.bank,
                *replicas.gather(
                    ids, tf.math.l2_normalize(tf.reduce_mean(embs, 1), -1)
                ),
            )
        return tf.reduce_mean(losses * is_known), {
            "instance_accuracy": tf.reduce_mean(is_right * is_known)
        }


def _two_steps(video: Mapping[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
    """Draws a step of the first half and one of the second."""
    middle = video["seq_len"] // 2
    lengths = tf.stack([middle, video["seq_len"] - middle])
    places = tf.random.stateless_uniform([2], seed, dtype=tf.float64)
    offsets = tf.cast(places * tf.cast(lengths, tf.float64), tf.int64)
    return tf.stack([tf.zeros([], tf.int64), middle]) + offsets


def main(max_steps: int = 60) -> float:
    """Trains; returns the share of steps whose video was recognised."""
    algorithms.register_objective(
        "instance_discrimination", InstanceDiscrimination
    )
    with tempfile.TemporaryDirectory() as folder:
        config = demo.get_config()
        config.algorithm.name = "instance_discrimination"
        config.data.data_dir = folder
        config.data.datasets = (_render(pathlib.Path(folder)),)
        config.data.image_size = _SIZE
        config.train.batch_size = 4
        config.train.max_steps = max_steps
        config.train.report_interval = 10
        config.train.image_interval = 0
        loop.train(config, f"{folder}/run")
        algorithm, config, _ = checkpoints.restore_algorithm(f"{folder}/run")
        name = config.data.datasets[0]
        scalars = algo_loss.evaluate(algorithm, config, name).scalars
        video = next(prepared.iterate_videos(name, folder, "val"))
        frames = [tf.io.decode_jpeg(jpeg).numpy() for jpeg in video.jpegs]
        embs = tcc.load(f"{folder}/run").embed_video(np.stack(frames))
    accuracy = next(
        value
        for tag, value in scalars.items()
        if tag.endswith("train_instance_accuracy")
    )
    print(f"a bank of {algorithm.bank.shape[0]} videos")
    print(f"{accuracy:.0%} of the steps were recognised as their video")
    print(f"{video.name}: {len(embs)} embeddings of {embs.shape[1]} channels")
    return accuracy


def _render(data_dir: pathlib.Path) -> str:
    """Renders a few pouring videos; returns the name of the data set."""
    few = builder.PouringSyntheticConfig(
        name="few", num_videos=(("train", 8), ("val", 4)), image_size=_SIZE
    )
    preparation.prepare_builder(
        lambda folder: builder.PouringSynthetic(data_dir=folder, config=few),
        data_dir=data_dir,
    )
    return "pouring_synthetic/few"


if __name__ == "__main__":
    main()
