"""Small objectives that use what the package's own leave as it is."""

import keras
import tensorflow as tf

from tcc import algorithms
from tcc.algorithms import replicas
from tcc.video.frames import scoped_frames

NUM_FRAMES = 4


class ClipEncoder(keras.Model):
    """One 3-D convolution on each clip: nothing of an `Encoder`."""

    def __init__(self, image_shape, num_context, channels):
        super().__init__()
        self.image_shape = image_shape
        self.num_context = num_context
        self.network = keras.Sequential(
            [
                keras.Input((num_context, *image_shape)),
                keras.layers.Conv3D(4, 3, 4, padding="same", activation="relu"),
                keras.layers.GlobalAveragePooling3D(),
                keras.layers.Dense(channels),
            ]
        )
        self.built = True

    def call(self, frames):
        clips = tf.reshape(frames, [-1, *frames.shape[2:]])
        embs = self.network(clips)
        size = tf.shape(frames)
        return tf.reshape(embs, [size[0], size[1], embs.shape[-1]])


class ClipOrder(algorithms.Algorithm):
    """Which of two clips of a video is the earlier: own clips, own network."""

    metric_names = ("clip_order_accuracy",)

    def __init__(self, encoder, config, data):
        super().__init__(encoder, config, data)
        self.head = keras.layers.Dense(2, name="head")
        self.head.build((None, 2 * config.model.embedding_size))

    @classmethod
    def clip_spec(cls, config):
        def sample(video, seed):
            middle = video["seq_len"] // 2
            first = tf.random.stateless_uniform([], seed, 3, middle, tf.int64)
            return tf.stack([first, video["seq_len"] - 1])

        return algorithms.ClipSpec(
            sample_steps=sample,
            num_context=NUM_FRAMES,
            context_stride=1,
            min_seq_len=2 * NUM_FRAMES,
            load_frames=scoped_frames.ScopedFrames(
                resize=(28, 40), crop=(24, 24), crop_scope="step"
            ),
        )

    @classmethod
    def build_encoder(cls, config):
        return ClipEncoder((24, 24, 3), NUM_FRAMES, config.model.embedding_size)

    def objective(self, batch, *, training, seed):
        embs = self(batch["frames"], training=training)
        coin = tf.random.stateless_uniform([len(embs)], seed) < 0.5
        pairs = tf.where(coin[:, None, None], embs[:, ::-1], embs)
        logits = self.head(tf.reshape(pairs, [len(embs), -1]))
        labels = tf.cast(coin, tf.int32)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        right = tf.argmax(logits, -1, tf.int32) == labels
        return tf.reduce_mean(losses), {
            "clip_order_accuracy": tf.reduce_mean(tf.cast(right, tf.float32))
        }


class Memory(algorithms.EmbeddingObjective):
    """Finds each video's row in a bank of what all looked like last time.

    The first batch fixes by what similarities are divided. No random draws:
    a step on two replicas is that of one device.
    """

    metric_names = ("memory_scale",)

    def __init__(self, encoder, config, data):
        super().__init__(encoder, config, data)
        self.bank = self.add_state(
            "bank",
            (data.num_videos, config.model.embedding_size),
            keras.initializers.RandomNormal(seed=1),
        )
        self.scale = self.add_state("scale", ())

    def objective_on_embeddings(self, embs, batch, *, training, seed):
        means, ids = replicas.gather(
            tf.reduce_mean(embs, axis=1), batch["video_ids"]
        )
        scores = tf.matmul(means, self.bank, transpose_b=True)
        scale = tf.convert_to_tensor(self.scale)
        scale = tf.where(
            scale > 0, scale, tf.stop_gradient(tf.reduce_mean(tf.abs(scores)))
        )
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.maximum(ids, 0), scores / scale
        )
        if training:
            replicas.update_rows(self.bank, ids, means)
            self.scale.assign(scale)
        return tf.reduce_mean(losses), {"memory_scale": scale}


def register():
    algorithms.register_objective("clip_order", ClipOrder)
    algorithms.register_objective("memory", Memory)
