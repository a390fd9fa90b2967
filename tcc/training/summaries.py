"""What TensorBoard shows of a training run."""

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tcc import visualization
from tcc.io import write_errors

# Scalars of a report take less.
_SPARE_BYTES = 4096


class Summaries:
    """Writes scalars, and pictures of one batch that stays the same.

    The pictures follow the same videos through training: the frames, the
    nearest neighbours of the first video's frames in the second, and the
    similarity matrix of the two.
    """

    def __init__(self, folder: str | pathlib.Path) -> None:
        self._folder = folder
        self._writer = tf.summary.create_file_writer(str(folder))

    def write_scalars(self, scalars: Mapping[str, float], step: int) -> None:
        """Writes one value per tag."""
        with self._writer.as_default(step=step):
            for tag, value in scalars.items():
                tf.summary.scalar(tag, value)
        self._flush()

    def write_images(
        self, frames: np.ndarray, embs: np.ndarray, step: int
    ) -> None:
        """Writes the pictures of a batch.

        Args:
          frames: [N, T, H, W, 3] uint8.
          embs: [N, T, D] float32, of the same frames.
          step: of the encoder.
        """
        pictures = {"batch": visualization.batch_grid(frames)}
        if len(frames) > 1:
            pictures |= {
                "nearest_neighbors": visualization.nearest_neighbor_strip(
                    frames[0], frames[1], _nearest(embs[0], embs[1])
                ),
                "similarity_matrix": visualization.similarity_matrix(
                    embs[0], embs[1]
                ),
            }
        with self._writer.as_default(step=step):
            for tag, picture in pictures.items():
                tf.summary.image(f"images/{tag}", picture[None])
        self._flush()

    def _flush(self) -> None:
        self._writer.flush()
        # The writer itself is silent when its file system is full.
        write_errors.require_space(self._folder, _SPARE_BYTES)

    def close(self) -> None:
        """Writes what is left."""
        self._writer.close()


def _nearest(query: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Returns for each row of query [T, D] the index of the nearest row."""
    differences = query[:, None] - candidates[None]
    return np.argmin(np.sum(differences**2, axis=-1), axis=1)


def to_uint8(frames: np.ndarray) -> np.ndarray:
    """Turns frames in [-1, 1] back into pixels in [0, 255]."""
    return np.clip(np.round((frames + 1) * 127.5), 0, 255).astype(np.uint8)
