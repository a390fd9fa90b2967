"""The frames of a video that plays several videos in step with one of them."""

import dataclasses
import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageOps

from tcc.visualization import grids, text

_MARK = 4  # pixels, the rim of the query
_GUTTER = 8  # pixels between the unaligned and the aligned grid


@dataclasses.dataclass(frozen=True)
class Track:
    """One video of the picture, and what it shows over the query's time.

    Attributes:
      name: shown above it.
      jpegs: all L frames of the whole video, encoded.
      times: [L] float64, seconds of each frame; NaN where unknown.
      aligned: [T] int64, the frame shown at each of the T moments.
      unaligned: [T] int64, the frame shown without an alignment.
    """

    name: str
    jpegs: Sequence[bytes]
    times: np.ndarray
    aligned: np.ndarray
    unaligned: np.ndarray


def aligned_frames(
    tracks: Sequence[Track],
    *,
    columns: int = 0,
    cell_size: int = 192,
    title: str = "aligned",
    show_unaligned: bool = False,
) -> Iterator[np.ndarray]:
    """Draws the moments of an alignment one after the other.

    The first track is the query: it plays as it is, has a white rim and
    stands first in the grid. Every cell names its video, and the second and
    frame that it shows. Frames are decoded when they are drawn, so memory
    does not grow with the number of moments.

    Args:
      tracks: the query, then the videos aligned to it; T alike in all.
      columns: of the grid; 0 is near-square.
      cell_size: pixels, height and width of the picture in a cell; frames
        keep their proportions.
      title: written above the aligned grid.
      show_unaligned: a second grid on the left, in which all videos play from
        their start at their own speed.

    Yields:
      T pictures [H, W, 3] uint8 of one size.

    Raises:
      ValueError: no tracks, different numbers of moments, or frames that are
        not in a video.
    """
    _check(tracks, cell_size)
    pens = [CellPainter(track, cell_size) for track in tracks]
    for moment in range(len(tracks[0].aligned)):
        pictures = [
            _titled_grid(
                title,
                [
                    pen.draw(int(pen.track.aligned[moment]), is_query=i == 0)
                    for i, pen in enumerate(pens)
                ],
                columns,
            )
        ]
        if show_unaligned:
            cells = [
                pen.draw(int(pen.track.unaligned[moment]), is_query=i == 0)
                for i, pen in enumerate(pens)
            ]
            gutter = np.full((pictures[0].shape[0], _GUTTER, 3), 255, np.uint8)
            left = _titled_grid("not aligned", cells, columns)
            pictures = [left, gutter, *pictures]
        yield np.concatenate(pictures, axis=1)


def same_time(query_times: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Returns the frame that plays at each time, without an alignment.

    Args:
      query_times: [T] float, seconds from the start of the query.
      times: [L] float, seconds of the frames of another video, rising.

    Returns:
      [T] int64, the last frame that has begun; the last of all after the end.
      Where times are unknown, frames count.
    """
    if np.isnan(query_times).any() or np.isnan(times).any():
        return np.minimum(np.arange(len(query_times)), len(times) - 1)
    elapsed = query_times - query_times[0] + times[0]
    # Equal times that were rounded apart still count as begun.
    begun = np.searchsorted(times, elapsed + 1e-6, side="right") - 1
    return np.clip(begun, 0, len(times) - 1)


class CellPainter:
    """Draws the cells of one track, and keeps the last decoded frame."""

    def __init__(self, track: Track, size: int) -> None:
        """Prepares a track.

        Args:
          track: what is shown.
          size: pixels, height and width of the picture in a cell.
        """
        self.track = track
        self._size = size
        self._font_size = max(10, size // 14)
        self._shown: tuple[int, np.ndarray] | None = None

    def draw(self, index: int, *, is_query: bool) -> np.ndarray:
        """Returns the cell that shows a frame, [H, W, 3] uint8."""
        width = self._size + 2 * _MARK
        frame = np.pad(
            self._frame(index),
            ((_MARK, _MARK), (_MARK, _MARK), (0, 0)),
            constant_values=255 if is_query else 0,
        )
        name = f"QUERY: {self.track.name}" if is_query else self.track.name
        head = text.banner(name, width=width, size=self._font_size)
        second = self.track.times[index]
        shown = f"frame {index + 1} of {len(self.track.jpegs)}"
        if np.isfinite(second):
            shown = f"{second:.2f} s, {shown}"
        foot = text.banner(shown, width=width, size=self._font_size)
        if is_query:
            head, foot = 255 - head, 255 - foot
        return np.concatenate([head, frame, foot])

    def _frame(self, index: int) -> np.ndarray:
        """Returns a frame, fitted into [size, size, 3] uint8."""
        if self._shown is None or self._shown[0] != index:
            with Image.open(
                io.BytesIO(self.track.jpegs[index]), formats=("JPEG", "PNG")
            ) as picture:
                fitted = ImageOps.pad(
                    picture.convert("RGB"),
                    (self._size, self._size),
                    method=Image.Resampling.BILINEAR,
                )
            self._shown = index, np.asarray(fitted)
        return self._shown[1]


def _titled_grid(
    title: str, cells: list[np.ndarray], columns: int
) -> np.ndarray:
    picture = grids.grid(cells, columns=columns)
    size = max(12, cells[0].shape[1] // 14)
    return np.concatenate(
        [text.banner(title, width=picture.shape[1], size=size), picture]
    )


def _check(tracks: Sequence[Track], cell_size: int) -> None:
    if not tracks:
        raise ValueError("tracks must hold the query. Received: none")
    if cell_size < 16:
        raise ValueError(
            f"cell_size must be 16 pixels or more. Received: {cell_size}"
        )
    moments = len(tracks[0].aligned)
    for track in tracks:
        for name, frames in (
            ("aligned", track.aligned),
            ("unaligned", track.unaligned),
        ):
            if frames.shape != (moments,) or not moments:
                raise ValueError(
                    f"{name} of {track.name!r} must have one frame for each of"
                    f" the {moments} moments. Received: shape {frames.shape}"
                )
            if frames.min() < 0 or frames.max() >= len(track.jpegs):
                raise ValueError(
                    f"{name} of {track.name!r} must lie in [0,"
                    f" {len(track.jpegs)}). Received: {frames}"
                )
