"""Finds the frames of a collection that look like one frame.

hits = retrieval.nearest_frames(query, embs, k=5)
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tcc.applications.clips import Clips
from tcc.matching import nearest
from tcc.visualization import grids, text

_BORDER = 4  # pixels, the rim of the query


@dataclasses.dataclass(frozen=True)
class Hit:
    """A frame that was found.

    Attributes:
      video: index of its video.
      frame: its index among the embedded frames of the video.
      distance: to the query; squared for "sqeuclidean".
    """

    video: int
    frame: int
    distance: float


def nearest_frames(
    query: np.ndarray,
    embs: Sequence[np.ndarray],
    *,
    k: int = 5,
    distance: str = "sqeuclidean",
    per_video: int = 1,
    exclude: int | None = None,
) -> list[Hit]:
    """Returns the frames nearest to a frame, the nearest first.

    Args:
      query: [D] float.
      embs: for each video [L, D] float.
      k: frames wanted.
      distance: "sqeuclidean" or "cosine".
      per_video: most frames of one video, since the neighbours of a frame in
        time look like it; 0 is no limit.
      exclude: index of a video that is left out, as that of the query.

    Returns:
      At most k frames; of equally near ones those of earlier videos first.

    Raises:
      ValueError: an unknown distance, other shapes, or k below 1.
    """
    if k < 1 or per_video < 0:
        raise ValueError(
            "k must be 1 or more and per_video 0 or more. Received:"
            f" {k} and {per_video}"
        )
    if query.ndim != 1 or any(e.shape[1:] != query.shape for e in embs):
        raise ValueError(
            "query and embs must have shapes [D] and [L, D]. Received:"
            f" {query.shape} and {[e.shape for e in embs]}"
        )
    hits = []
    for i, video in enumerate(embs):
        if i == exclude:
            continue
        one, many = nearest.prepare([query[None], video], distance=distance)
        # Of unit vectors the squared distance is twice the cosine distance.
        scale = 2.0 if distance == "cosine" else 1.0
        values = np.square(many.vectors - one.vectors).sum(axis=1) / scale
        order = np.argsort(values, kind="stable")
        chosen = order[: min(per_video or k, k)]
        hits += [Hit(i, int(frame), float(values[frame])) for frame in chosen]
    return sorted(hits, key=lambda hit: hit.distance)[:k]


def find_frame(times: np.ndarray, seconds: float) -> int:
    """Returns the index of the frame nearest in time.

    Args:
      times: [L] float, seconds.
      seconds: within the video.

    Returns:
      The index.

    Raises:
      ValueError: seconds before the first or after the last frame.
    """
    if not times[0] - 0.5 <= seconds <= times[-1] + 0.5:
        raise ValueError(
            f"seconds must be between {times[0]:.2f} and {times[-1]:.2f}."
            f" Received: {seconds}"
        )
    return int(np.abs(times - seconds).argmin())


def strip(
    query: np.ndarray,
    caption: str,
    clips: Clips,
    hits: Sequence[Hit],
) -> np.ndarray:
    """Draws the query, and behind it the frames found.

    Args:
      query: [S, S, 3] uint8.
      caption: below the query.
      clips: the collection.
      hits: frames of it.

    Returns:
      One picture, uint8.
    """
    size = query.shape[0]
    cells = [_cell(query, caption, 255)]
    for hit in hits:
        time = clips.embeddings.times[hit.video][hit.frame]
        label = int(clips.embeddings.frame_labels[hit.video][hit.frame])
        # The name last: it may be too long for the cell.
        caption = f"{time:.2f} s {clips.phase_name(label)}".rstrip()
        caption += f" {clips.names[hit.video]}"
        picture = clips.picture(hit.video, hit.frame, size)
        cells.append(_cell(picture, caption, 0))
    return grids.grid(cells, columns=len(cells), background=255)


def _cell(picture: np.ndarray, caption: str, rim: int) -> np.ndarray:
    margin = ((_BORDER, _BORDER), (_BORDER, _BORDER), (0, 0))
    framed = np.pad(picture, margin, constant_values=rim)
    line = text.banner(caption, width=framed.shape[1], size=12)
    return np.concatenate([framed, 255 - line if rim else line])
