"""Computes the features of all training videos once."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from absl import logging
from tqdm import auto as tqdm

from tcc import models
from tcc.configs import schema
from tcc.feature_cache import identity, reading, storage, videos
from tcc.video import clip_spec, seeds
from tcc.video.frames import augmentation, preprocessing
from tcc.video.planning import catalogue as catalogue_lib
from tcc.video.prepared import damaged_records

_DECODED_AT_ONCE = 16  # frames
_AUGMENTATION = 4  # purpose of a draw; those of the input pipeline come before


def open_or_build(
    config: schema.ExperimentConfig,
    encoder: keras.Model,
    spec: clip_spec.ClipSpec | None = None,
) -> reading.FeatureCache:
    """Opens the cache that fits an experiment, or computes it first.

    An interrupted computation goes on where it ended. A process that finds
    another one at it waits for the result.

    Args:
      config: the experiment; `config.feature_cache` says where and how.
      encoder: whose backbone, in inference, makes the features.
      spec: what the objective sees, where that is not what `config` says.

    Raises:
      OSError: the cache does not fit on the disk, or cannot be written.
      ValueError: a video cannot be decoded, features are too large for
        float16, the cache was changed after it was written, or the algorithm
        has a network without backbone or frames of its own.
      FileNotFoundError: a data set is not prepared.
    """
    if not isinstance(encoder, models.Encoder):
        raise ValueError(
            "config.feature_cache.enabled must be False with "
            f"config.algorithm.name={config.algorithm.name!r}, whose network "
            f"is no backbone with an embedder. Received: {encoder}"
        )
    spec = spec or clip_spec.ClipSpec()
    if not spec.can_cache_features:
        raise ValueError(
            "config.feature_cache.enabled must be False with "
            f"config.algorithm.name={config.algorithm.name!r}, which augments "
            "steps or frames one by one, or has a geometry of its own. "
            "Received: True"
        )
    catalogue = catalogue_lib.build(
        config.data, config.train.batch_size, min_seq_len=spec.min_seq_len
    )
    description = identity.describe(config, encoder, catalogue)
    root = pathlib.Path(config.feature_cache.folder).expanduser()
    folder = root / identity.digest(description)
    if not storage.is_complete(folder):
        with storage.lock(folder):
            if not storage.is_complete(folder):
                _build(config, encoder, catalogue, description, folder)
    table = videos.load(folder / storage.VIDEOS, numbers=catalogue.used_videos)
    layout = _layout(config, encoder, table)
    storage.check(folder, description, layout)
    logging.info(
        "Training reads the features of %d videos from %s.",
        len(table.numbers),
        folder,
    )
    return reading.FeatureCache(
        folder,
        table,
        layout,
        dtype=config.feature_cache.dtype,
        with_means=encoder.centres,
    )


def _layout(
    config: schema.ExperimentConfig,
    encoder: models.Encoder,
    table: videos.VideoTable,
) -> storage.Layout:
    return storage.Layout(
        feature_shape=encoder.feature_shape,
        copies=max(1, identity.num_variants(config.feature_cache)),
        num_frames=table.num_frames,
    )


def _build(
    config: schema.ExperimentConfig,
    encoder: models.Encoder,
    catalogue: catalogue_lib.Catalogue,
    description: dict[str, Any],
    folder: pathlib.Path,
) -> None:
    """Fills a cache, under its lock."""
    with damaged_records.named(config.data):
        table = videos.scan(catalogue, catalogue.used_videos)
        layout = _layout(config, encoder, table)
        logging.info(
            "The features of %d videos, %d frames in %d variant(s), take %s "
            "in %s.",
            len(table.numbers),
            table.num_frames,
            layout.copies,
            storage.in_words(layout.num_bytes),
            folder.parent,
        )
        if not identity.num_variants(config.feature_cache):
            logging.info(
                "They are of the frames as they are, without "
                "config.data.augmentation; see config.feature_cache.variants."
            )
        cache = storage.PartialCache(folder, description, table, layout)
        if cache.num_done:
            logging.info("%d videos are there already.", cache.num_done)
        extractor = _Extractor(config, encoder)
        with tqdm.tqdm(
            total=layout.num_rows,
            initial=int(table.seq_lens[: cache.num_done].sum()) * layout.copies,
            desc="caching features",
            unit="frame",
            disable=None,
        ) as bar:
            for index in range(cache.num_done, len(table.numbers)):
                video = int(table.numbers[index])
                fields = videos.read_record(catalogue, video)
                cache.fill(
                    index,
                    extractor.extract(fields["video"], video, bar.update),
                )
        cache.finish()


class _Extractor:
    """Decodes, augments, and runs the backbone, in chunks of one size."""

    def __init__(
        self, config: schema.ExperimentConfig, encoder: models.Encoder
    ) -> None:
        self._chunk = config.eval.frames_per_chunk
        self._seed = seeds.fold(
            seeds.from_int(config.train.seed), _AUGMENTATION
        )
        self._variants = identity.num_variants(config.feature_cache)
        self._dtype = tf.as_dtype(config.feature_cache.dtype)
        self._config = config
        self._encoder = encoder.for_inference()
        # A fixed size, so that the graph is made once.
        self._features = tf.function(
            self._make_features,
            input_signature=[
                tf.TensorSpec([self._chunk], tf.string),
                tf.TensorSpec([2], tf.int32),
                tf.TensorSpec([], tf.int32),
            ],
        )

    def extract(
        self,
        jpegs: tf.Tensor,
        video: int,
        progress: Callable[[int], Any],
    ) -> Iterator[np.ndarray]:
        """Yields the features of a video, variant by variant.

        Args:
          jpegs: [L] string, its frames.
          video: its number, of its augmentations.
          progress: is told the frames of each part.

        Yields:
          [K, h, w, c] of the cached dtype, K at most the size of a chunk.

        Raises:
          ValueError: a feature is too large for the dtype.
        """
        num_frames = len(jpegs)
        for variant in range(max(1, self._variants)):
            seed = seeds.fold(self._seed, video, variant)
            for start in range(0, num_frames, self._chunk):
                part = jpegs[start : start + self._chunk]
                count = len(part)
                padding = tf.repeat(part[-1:], self._chunk - count)
                features, is_finite = self._features(
                    tf.concat([part, padding], 0), seed, start
                )
                if not bool(is_finite):
                    raise ValueError(
                        "config.feature_cache.dtype must hold the features of "
                        f"the backbone, and those of video {video} exceed it: "
                        "use bfloat16. Received: "
                        f"{self._dtype.name!r}"
                    )
                yield features.numpy()[:count]
                progress(count)

    def _make_features(
        self, jpegs: tf.Tensor, seed: tf.Tensor, start: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Features [chunk, h, w, c], and whether all are finite."""
        changes = augmentation.ClipAugmentation()
        if self._variants:
            changes = augmentation.draw(seed, self._config.data.augmentation)
            changes = dataclasses.replace(
                changes, noise_seed=seeds.fold(changes.noise_seed, start)
            )
        frames = preprocessing.decode_clip(
            jpegs,
            image_size=self._config.data.image_size,
            changes=changes,
            decoded_at_once=_DECODED_AT_ONCE,
        )
        features = tf.cast(
            self._encoder.extract_features(frames, training=False), self._dtype
        )
        return features, tf.reduce_all(tf.math.is_finite(features))
