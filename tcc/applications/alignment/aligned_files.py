"""The files that show an alignment: videos and a table of correspondences."""

import csv
import os
import pathlib
from concurrent import futures

from tcc.applications.alignment import aligned_video, playback
from tcc.applications.clips import Clips
from tcc.io import atomic_files, safe_names
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
    title = f"aligned to {tracks[0].name}"

    def write_page() -> None:
        shown = clips.select(range(len(tracks))[:_MAX_PLAYED])
        path = paths["In a browser"]
        playback.write(path, shown, method=method, distance=distance)

    def write_grid() -> None:
        frames = alignment_video.aligned_frames(
            tracks[:_MAX_CELLS],
            cell_size=cell_size,
            title=title,
            show_unaligned=True,
        )
        files.write_video(paths["Grid"], frames, fps=fps)

    def write_switching() -> None:
        frames = switching_video.switching_frames(
            tracks,
            moments_per_video=max(1, round(_SECONDS_PER_CUT * fps)),
            cell_size=2 * cell_size,
        )
        files.write_video(paths["Switching"], frames, fps=fps)

    def write_pair(track: alignment_video.Track, path: pathlib.Path) -> None:
        frames = alignment_video.aligned_frames(
            [tracks[0], track], columns=2, cell_size=cell_size, title=title
        )
        files.write_video(path, frames, fps=fps)

    taken: set[str] = set()
    names = [pathlib.PurePath(track.name).name for track in tracks[1:]]
    pair_paths = [
        pairs / f"{safe_names.make_unique(name, taken)}.mp4" for name in names
    ]
    # Decoding, resizing and encoding let other threads run meanwhile.
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = [
            pool.submit(write)
            for write in (write_page, write_grid, write_switching)
        ]
        tasks += [
            pool.submit(write_pair, track, path)
            for track, path in zip(tracks[1:], pair_paths, strict=True)
        ]
        for task in tasks:
            task.result()
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
    with (
        atomic_files.write(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
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
