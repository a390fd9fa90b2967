"""Three ways to read the same batches, compared by `input_pipeline.py`.

- ours: each sampled frame is decoded once and finished at once; colours are
  changed on the small frames;
- frame maps: the original's way. Every sampled frame and context frame is
  decoded, then normalised, through one map over frames after the other; the
  clip is augmented at its stored size, and then resized;
- whole videos: as ours, but every frame of the video is decoded.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tcc.configs import schema
from tcc.video import input_pipeline, sampling, seeds
from tcc.video.frames import augmentation, preprocessing
from tcc.video.planning import catalogue as catalogue_lib
from tcc.video.planning import plan

_SEED = 3
_Batch = dict[str, tf.Tensor]


def ours(config: schema.DataConfig, batch_size: int) -> tf.data.Dataset:
    """Returns batches as training reads them."""
    return input_pipeline.training_batches(
        config, batch_size=batch_size, seed=_SEED
    )


def frame_maps(config: schema.DataConfig, batch_size: int) -> tf.data.Dataset:
    """Returns the same batches, made as the original makes them."""

    def decode(video: tf.Tensor, seen: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        jpegs = tf.gather(video, tf.reshape(seen, [-1]))
        frames = tf.map_fn(
            lambda frame: tf.io.decode_jpeg(frame, channels=3),
            jpegs,
            fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
            parallel_iterations=60,
        )
        frames = tf.map_fn(
            lambda frame: tf.image.convert_image_dtype(frame, tf.float32),
            frames,
            fn_output_signature=tf.TensorSpec([None, None, 3], tf.float32),
            parallel_iterations=60,
        )
        changes = augmentation.draw(seed, config.augmentation)
        frames = tf.cond(
            changes.flip,
            lambda: tf.image.flip_left_right(frames),
            lambda: frames,
        )
        frames = augmentation.change_colours(frames, changes)
        size = config.image_size
        frames = tf.image.resize(frames, [size, size])
        frames = (tf.clip_by_value(frames, 0.0, 1.0) - 0.5) / 0.5
        shape = [config.num_steps, config.num_context, size, size, 3]
        return tf.reshape(frames, shape)

    return _batches(config, batch_size, decode)


def whole_videos(config: schema.DataConfig, batch_size: int) -> tf.data.Dataset:
    """Returns the same batches, for which whole videos are decoded."""

    def decode(video: tf.Tensor, seen: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return preprocessing.decode_clip(
            video,
            image_size=config.image_size,
            changes=augmentation.draw(seed, config.augmentation),
            places=seen,
        )

    return _batches(config, batch_size, decode)


def _batches(
    config: schema.DataConfig,
    batch_size: int,
    decode: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor],
) -> tf.data.Dataset:
    """Makes batches whose `frames` come from `decode`.

    The videos, their order, and all draws are those of `input_pipeline`.

    Args:
        config: Of the data.
        batch_size: Videos of a step.
        decode: (video string [L], seen int64 [T, C], seed int32 [2]) ->
            frames float32 [T, C, H, W, 3].
    """
    catalogue = catalogue_lib.build(config, batch_size)
    sample_steps = sampling.step_sampler(config)
    run_seed = seeds.from_int(_SEED)

    def spread(step: tf.Tensor, videos: tf.Tensor) -> tf.data.Dataset:
        slots = tf.range(batch_size)
        steps = tf.fill([batch_size], step)
        return tf.data.Dataset.from_tensor_slices((steps, slots, videos))

    def read(step: tf.Tensor, slot: tf.Tensor, video: tf.Tensor) -> _Batch:
        fields = input_pipeline._read_video(catalogue, video)
        seq_len = tf.size(fields["video"], tf.int64)
        steps = sample_steps(
            {"seq_len": seq_len},
            seeds.fold(run_seed, step, slot, input_pipeline._STEPS),
        )
        seen = sampling.context_steps(
            steps,
            seq_len,
            num_context=config.num_context,
            context_stride=config.context_stride,
        )
        seed = seeds.fold(run_seed, step, slot, input_pipeline._AUGMENTATION)
        return {"frames": decode(fields["video"], seen, seed), "steps": steps}

    planned = plan.batches(
        catalogue.groups,
        batch_size=batch_size,
        seed=seeds.fold(run_seed, input_pipeline._PLAN),
    )
    return (
        planned.flat_map(spread)
        .map(read, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


VERSIONS = (ours, frame_maps, whole_videos)


def check_equal(config: schema.DataConfig, batch_size: int) -> float:
    """Compares the first batches of all versions.

    Returns:
        The largest difference of a pixel, in units of 1 / 255.

    Raises:
        AssertionError: If steps differ, or a pixel by more than JPEG's
            rounding, 1 / 255 of the range.
    """
    batches = [
        next(iter(version(config, batch_size).take(1))) for version in VERSIONS
    ]
    largest = 0.0
    for batch in batches[1:]:
        np.testing.assert_array_equal(batch["steps"], batches[0]["steps"])
        difference = tf.abs(batch["frames"] - batches[0]["frames"])
        largest = max(largest, float(tf.reduce_max(difference)) * 127.5)
    assert largest <= 1.0, f"the versions differ by {largest} / 255"
    return largest
