"""Videos that play in step with a query video: choice, matching, writing."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings, find_video
from tcc.matching import correspondence
from tcc.video import files, prepared
from tcc.visualization import alignment_video


@dataclasses.dataclass(frozen=True)
class Look:
    """How an aligned video looks.

    Attributes:
      columns: of the grid; 0 is near-square.
      cell_size: pixels of a video in the grid.
      show_unaligned: also show the videos as they play without alignment.
      fps: frames per second; None is the query's own speed.
    """

    columns: int = 0
    cell_size: int = 192
    show_unaligned: bool = False
    fps: float | None = None


def choose_videos(
    names: Sequence[str],
    query: str,
    others: Sequence[str] | None = None,
    *,
    limit: int = 8,
) -> list[int]:
    """Picks the query and the videos to align to it.

    Args:
      names: of all videos of a split.
      query: name or index of the query.
      others: names or indices of the others, in the order wanted; None takes
        the first ones of the split.
      limit: how many when `others` is None; 0 is all.

    Returns:
      Indices of the query, then of the others.

    Raises:
      ValueError: a name or index that the split does not have.
    """
    first = find_video(names, query)
    if others is not None:
        return [first, *(find_video(names, name) for name in others)]
    rest = [i for i in range(len(names)) if i != first]
    return [first, *rest[: limit or None]]


def write(
    path: str | os.PathLike[str],
    embeddings: Embeddings,
    *,
    data_dir: str,
    method: str = "nn",
    distance: str = "sqeuclidean",
    look: Look | None = None,
) -> None:
    """Writes a video in which videos play in step with the first of them.

        val = embedding_files.load("pouring_val.npz")
        aligned_video.write("out.mp4", val.select([3, 0, 7]), data_dir="data")

    Args:
      path: ends in .mp4 or .gif; its folder is made when absent.
      embeddings: of the query, then of the others, of a prepared data set.
      data_dir: where the data set is prepared.
      method: "nn" or "dtw"; see `correspondence.align`.
      distance: "sqeuclidean" or "cosine".
      look: of the video.

    Raises:
      FileNotFoundError: the data set is not prepared there.
      ValueError: another ending, an unknown method or distance, or embeddings
        that are not of these videos.
    """
    look = look or Look()
    tracks = align_videos(
        read_videos(embeddings, data_dir),
        embeddings,
        method=method,
        distance=distance,
    )
    matching = "nearest neighbour" if method == "nn" else "DTW"
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_video(
        target,
        alignment_video.aligned_frames(
            tracks,
            columns=look.columns,
            cell_size=look.cell_size,
            title=f"aligned to {tracks[0].name} ({matching})",
            show_unaligned=look.show_unaligned,
        ),
        fps=look.fps or playing_speed(tracks[0]),
    )


def read_videos(embeddings: Embeddings, data_dir: str) -> list[prepared.Video]:
    """Reads the videos that embeddings are of, in the same order.

    Args:
      embeddings: of videos of a prepared data set.
      data_dir: where it is prepared.

    Returns:
      The videos, their frames still encoded.

    Raises:
      FileNotFoundError: the data set is not prepared there.
      ValueError: it lacks one of the videos.
    """
    wanted = set(embeddings.names)
    found = {
        video.name: video
        for video in prepared.iterate_videos(
            embeddings.dataset, data_dir, embeddings.split
        )
        if video.name in wanted
    }
    missing = wanted - set(found)
    if missing:
        raise ValueError(
            f"{embeddings.split!r} of {embeddings.dataset!r} in {data_dir} has"
            f" no video {min(missing)!r}. Extract the embeddings again"
        )
    return [found[name] for name in embeddings.names]


def align_videos(
    videos: Sequence[prepared.Video],
    embeddings: Embeddings,
    *,
    method: str = "nn",
    distance: str = "sqeuclidean",
) -> list[alignment_video.Track]:
    """Aligns videos to the first of them.

    Args:
      videos: the query, then the others.
      embeddings: of these videos, in the same order.
      method: "nn" or "dtw"; see `correspondence.align`.
      distance: "sqeuclidean" or "cosine".

    Returns:
      A track for each video; the moments are the embedded frames of the query.

    Raises:
      ValueError: a video of another length than its embeddings say.
    """
    for video, seq_len in zip(videos, embeddings.seq_lens, strict=True):
        if seq_len != len(video.jpegs):
            raise ValueError(
                f"embeddings of {video.name!r} must be of the video's"
                f" {len(video.jpegs)} frames. Received: {seq_len} frames;"
                " extract them again"
            )
    query_steps = embeddings.steps[0]
    query_times = videos[0].timestamps[query_steps]
    tracks = []
    for i, video in enumerate(videos):
        aligned = unaligned = query_steps
        if i:
            index = correspondence.align(
                embeddings.embs[0],
                embeddings.embs[i],
                method=method,
                distance=distance,
            )
            aligned = embeddings.steps[i][index]
            unaligned = alignment_video.same_time(query_times, video.timestamps)
        tracks.append(
            alignment_video.Track(
                video.name, video.jpegs, video.timestamps, aligned, unaligned
            )
        )
    return tracks


def playing_speed(query: alignment_video.Track) -> float:
    """Returns the moments per second at which the query plays as it is.

    Args:
      query: the first track.

    Returns:
      1 / mean time between its moments; 25 where the times are unknown.
    """
    times = query.times[query.aligned]
    if len(times) < 2 or not np.isfinite(times).all():
        return 25.0
    return float((len(times) - 1) / (times[-1] - times[0]))
