"""The files that show an alignment: videos and a table of correspondences."""

import csv
import os
import pathlib

from tcc.applications import playback
from tcc.applications.clips import Clips
from tcc.datasets import safe_names
from tcc.evaluation import aligned_video
from tcc.video import files
from tcc.visualization import alignment_video, switching_video

_MAX_CELLS = 16  # videos in the grid
_MAX_PLAYED = 9  # videos in the page
_SECONDS_PER_CUT = 1.0  # of the switching video
CSV_HEADER = ("query_frame", "query_seconds", "video", "frame", "seconds")


def write(
    clips: Clips,
    folder: str | os.PathLike[str],
    *,
    method: str = "dtw",
    distance: str = "sqeuclidean",
    cell_size: int = 192,
) -> dict[str, pathlib.Path]:
    """Writes what shows the alignment of videos to the first of them.

    Args:
      clips: the query, then the others.
      folder: made when absent. It gets index.html (see `playback`; the first
        9 videos), grid.mp4 (all at once, with and
        without alignment; the first 16), switching.mp4 (one at a time, a cut
        every second), side_by_side/<video>.mp4 and correspondences.csv.
      method: "nn" or "dtw".
      distance: "sqeuclidean" or "cosine".
      cell_size: pixels of a video in the grid.

    Returns:
      {what: path}.

    Raises:
      ValueError: an unknown method or distance.
    """
    tracks = aligned_video.align_videos(
        clips.videos, clips.embeddings, method=method, distance=distance
    )
    fps = aligned_video.playing_speed(tracks[0])
    out = pathlib.Path(folder)
    pairs = out / "side_by_side"
    pairs.mkdir(parents=True, exist_ok=True)
    paths = {
        "In a browser": out / "index.html",
        "Grid": out / "grid.mp4",
        "Switching": out / "switching.mp4",
        "Side by side": pairs,
        "Correspondences": out / "correspondences.csv",
    }
    playback.write(
        paths["In a browser"],
        clips.select(range(len(tracks))[:_MAX_PLAYED]),
        method=method,
        distance=distance,
    )
    title = f"aligned to {tracks[0].name}"
    files.write_video(
        paths["Grid"],
        alignment_video.aligned_frames(
            tracks[:_MAX_CELLS],
            cell_size=cell_size,
            title=title,
            show_unaligned=True,
        ),
        fps=fps,
    )
    files.write_video(
        paths["Switching"],
        switching_video.switching_frames(
            tracks,
            moments_per_video=max(1, round(_SECONDS_PER_CUT * fps)),
            cell_size=2 * cell_size,
        ),
        fps=fps,
    )
    taken: set[str] = set()
    for track in tracks[1:]:
        short = pathlib.PurePath(track.name).name
        files.write_video(
            pairs / f"{safe_names.make_unique(short, taken)}.mp4",
            alignment_video.aligned_frames(
                [tracks[0], track], columns=2, cell_size=cell_size, title=title
            ),
            fps=fps,
        )
    write_csv(tracks, paths["Correspondences"])
    return paths


def write_csv(
    tracks: list[alignment_video.Track], path: str | os.PathLike[str]
) -> None:
    """Writes which frame of each video belongs to each frame of the query.

    Args:
      tracks: the query, then the others.
      path: of the file; its columns are `CSV_HEADER`. Frames count from 0
        among those that were kept of a video; seconds are true times.
    """
    query = tracks[0]
    with pathlib.Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_HEADER)
        for track in tracks[1:]:
            for here, there in zip(query.aligned, track.aligned, strict=True):
                writer.writerow(
                    [
                        here,
                        f"{query.times[here]:.4f}",
                        track.name,
                        there,
                        f"{track.times[there]:.4f}",
                    ]
                )
