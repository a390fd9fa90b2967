"""Pairs of videos that stand for all: which ones, and their frames."""

from collections.abc import Mapping

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.video import prepared
from tcc.video.frames import preprocessing
from tcc.visualization import grids

_COLUMNS = 12  # frames of a strip
_SIZE = 96  # pixels of a frame


def choose(pairs: np.ndarray, taus: np.ndarray) -> dict[str, tuple[int, int]]:
    """Picks the best, the median and the worst ordered pair of videos.

    Args:
      pairs: [P, 2] int64, indices of two videos, P >= 1.
      taus: [P] float64, NaN where undefined.

    Returns:
      "best", "median", "worst" -> indices of two videos. Each pair is named
      once; where tau is defined for none, the first pair is "first".
    """
    valid = np.flatnonzero(np.isfinite(taus))
    if not len(valid):
        return {"first": _as_tuple(pairs[0])}
    order = valid[np.argsort(-taus[valid], kind="stable")]
    found: dict[str, tuple[int, int]] = {}
    for kind, place in (
        ("best", 0),
        ("worst", len(order) - 1),
        ("median", len(order) // 2),
    ):
        pair = _as_tuple(pairs[order[place]])
        if pair not in found.values():
            found[kind] = pair
    return {k: found[k] for k in ("best", "median", "worst") if k in found}


def _as_tuple(pair: np.ndarray) -> tuple[int, int]:
    return int(pair[0]), int(pair[1])


class Thumbnails:
    """Small frames of the videos of some pairs."""

    def __init__(
        self,
        embeddings: Embeddings,
        pairs: Mapping[str, tuple[int, int]],
        config: schema.ExperimentConfig,
    ) -> None:
        """Reads the videos; their frames stay encoded.

        Args:
          embeddings: of a split.
          pairs: as of `choose`.
          config: where its data set is prepared.

        Raises:
          FileNotFoundError: the data set is no longer prepared.
          ValueError: a video is no longer there.
        """
        self._embeddings = embeddings
        wanted = {embeddings.names[i] for pair in pairs.values() for i in pair}
        self._jpegs = {
            video.name: video.jpegs
            for video in prepared.iterate_videos(
                embeddings.dataset, config.data.data_dir, embeddings.split
            )
            if video.name in wanted
        }
        missing = sorted(wanted - set(self._jpegs))
        if missing:
            raise ValueError(
                f"{embeddings.dataset} must hold the evaluated videos."
                f" Received: none named {missing[0]!r} in"
                f" {embeddings.split!r} under {config.data.data_dir}"
            )

    def strip(self, i: int, j: int, matches: np.ndarray) -> np.ndarray:
        """Draws frames of video i, their matches in j, and j unaligned.

        Args:
          i: the query.
          j: the candidate.
          matches: [L_i] int64, frame of j for each frame of i.

        Returns:
          A picture [H, W, 3] uint8.
        """
        length, candidates = len(matches), len(self._embeddings.embs[j])
        columns = min(_COLUMNS, length)
        shown = np.round(np.linspace(0, length - 1, columns)).astype(int)
        unaligned = np.round(np.linspace(0, candidates - 1, columns))
        rows = (
            ("query", i, shown),
            ("nearest neighbours", j, matches[shown]),
            ("same relative time, unaligned", j, unaligned.astype(int)),
        )
        return grids.titled_rows(
            [
                (
                    f"{title}: {self._embeddings.names[v]}, {self._span(v, f)}",
                    self._frames(v, f),
                )
                for title, v, f in rows
            ]
        )

    def _span(self, video: int, frames: np.ndarray) -> str:
        """Returns the times, or frame numbers, of the frames as text."""
        times = self._embeddings.times[video][frames]
        if np.isfinite(times).all():
            return "at " + " ".join(f"{t:.1f}" for t in times) + " s"
        steps = self._embeddings.steps[video][frames]
        return "frames " + " ".join(map(str, steps))

    def _frames(self, video: int, frames: np.ndarray) -> np.ndarray:
        """Returns frames [K, H, W, 3] uint8."""
        jpegs = self._jpegs[self._embeddings.names[video]]
        steps = self._embeddings.steps[video][frames]
        decoded = np.asarray(
            preprocessing.decode_frames([jpegs[s] for s in steps], _SIZE)
        )
        pixels = np.round((decoded + 1) * 127.5)
        return np.clip(pixels, 0, 255).astype(np.uint8)
