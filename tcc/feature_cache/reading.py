"""Serves cached features to the training input."""

import math
import pathlib

import numpy as np
import tensorflow as tf

from tcc.feature_cache import storage, videos

_ABSENT = -1
_ROWS_AT_ONCE = 256  # of the means; bounds memory


class FeatureCache:
    """A complete cache, mapped into memory: only what is read is in it.

    What `tcc.video.input_pipeline.CachedFeatures` asks for.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        table: videos.VideoTable,
        layout: storage.Layout,
        *,
        dtype: str,
        with_means: bool = False,
    ) -> None:
        """Opens the files.

        Args:
          folder: of the cache.
          table: its videos.
          layout: its sizes.
          dtype: of the features, "float16" or "bfloat16".
          with_means: reads everything once, for `read_means`.
        """
        self.folder = folder
        self.layout = layout
        self._dtype = tf.as_dtype(dtype)
        # Bits, since NumPy does not know bfloat16.
        self._rows = np.memmap(
            folder / storage.FEATURES,
            np.uint16,
            mode="r",
            shape=(layout.num_rows, math.prod(layout.feature_shape)),
        )
        # Where a video of the catalogue is in the table.
        places = np.full(int(table.numbers.max()) + 1, _ABSENT, np.int64)
        places[table.numbers] = np.arange(len(table.numbers))
        self._places = tf.constant(places)
        self._starts = tf.constant(table.starts)
        self._seq_lens = tf.constant(table.seq_lens)
        self._labels = tf.constant(table.labels)
        self._names = tf.constant(table.names.tolist(), tf.string)
        self._frame_labels = tf.constant(table.frame_labels)
        self.has_means = with_means
        if with_means:
            self._means = tf.constant(self._compute_means(table))

    def read_video(self, video: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `CachedFeatures.read_video`."""
        place = self._places[video]
        start, seq_len = self._starts[place], self._seq_lens[place]
        return {
            "seq_len": seq_len,
            "frame_labels": self._frame_labels[start : start + seq_len],
            "label": self._labels[place],
            "name": self._names[place],
        }

    def read_features(
        self, video: tf.Tensor, frames: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """See `CachedFeatures.read_features`."""
        place = self._places[video]
        start, seq_len = self._starts[place], self._seq_lens[place]
        rows = start * self.layout.copies + self._variant(seed) * seq_len
        rows += frames
        bits = tf.numpy_function(
            self._gather, [tf.reshape(rows, [-1])], tf.uint16, stateful=False
        )
        shape = self.layout.feature_shape
        features = tf.bitcast(bits, self._dtype)
        features = tf.reshape(
            features, tf.concat([tf.shape(frames), shape], axis=0)
        )
        return tf.ensure_shape(features, [*frames.shape, *shape])

    def read_means(self, video: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `CachedFeatures.read_means`."""
        place = self._places[video]
        return self._means[place * self.layout.copies + self._variant(seed)]

    def _variant(self, seed: tf.Tensor) -> tf.Tensor:
        """Draws which of its augmented copies a video gives."""
        return tf.random.stateless_uniform(
            [], seed, maxval=self.layout.copies, dtype=tf.int64
        )

    def _compute_means(self, table: videos.VideoTable) -> np.ndarray:
        """Returns float32 [U * copies, h, w, c], a row for each copy."""
        copies, shape = self.layout.copies, self.layout.feature_shape
        means = np.zeros((len(table.numbers) * copies, *shape), np.float32)
        for place, (start, seq_len) in enumerate(
            zip(table.starts.tolist(), table.seq_lens.tolist(), strict=True)
        ):
            for copy in range(copies):
                first = start * copies + copy * seq_len
                total = np.zeros(shape, np.float64)
                for row in range(first, first + seq_len, _ROWS_AT_ONCE):
                    end = min(row + _ROWS_AT_ONCE, first + seq_len)
                    bits = tf.constant(self._rows[row:end])
                    values = tf.cast(tf.bitcast(bits, self._dtype), tf.float32)
                    total += values.numpy().sum(0, np.float64).reshape(shape)
                means[place * copies + copy] = total / seq_len
        return means

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        """Copies rows [R] int64 out of the file, [R, h * w * c] uint16."""
        return np.take(self._rows, rows, axis=0)
