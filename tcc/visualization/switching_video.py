"""The frames of a video that switches between videos that play in step."""

from collections.abc import Iterator, Sequence

import numpy as np

from tcc.visualization import alignment_video


def switching_frames(
    tracks: Sequence[alignment_video.Track],
    *,
    moments_per_video: int,
    cell_size: int = 384,
) -> Iterator[np.ndarray]:
    """Shows one video at a time, and the action goes on across the cuts.

    Args:
      tracks: the query, then the videos aligned to it; they are shown in turn,
        from the query on.
      moments_per_video: from one cut to the next.
      cell_size: pixels, height and width of the picture.

    Yields:
      T pictures [H, W, 3] uint8 of one size, T the moments of the tracks.

    Raises:
      ValueError: no tracks, or no moments between two cuts.
    """
    if not tracks:
        raise ValueError("tracks must hold the query. Received: none")
    if moments_per_video < 1:
        raise ValueError(
            "moments_per_video must be 1 or more. Received:"
            f" {moments_per_video}"
        )
    pens = [alignment_video.CellPainter(track, cell_size) for track in tracks]
    for moment in range(len(tracks[0].aligned)):
        shown = moment // moments_per_video % len(tracks)
        yield pens[shown].draw(
            int(tracks[shown].aligned[moment]), is_query=shown == 0
        )
