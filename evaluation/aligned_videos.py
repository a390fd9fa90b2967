"""Videos aligned to a query, ready to be drawn: choice, embedding, matching."""

from collections.abc import Iterable, Sequence

import numpy as np

from tcc.evaluation import correspondence
from tcc.evaluation.embeddings import Embeddings
from tcc.video import prepared
from tcc.visualization import alignment_video


def choose_videos(
    videos: Iterable[prepared.Video],
    query: str,
    others: Sequence[str] | None = None,
    *,
    limit: int = 8,
) -> list[prepared.Video]:
    """Picks the query and the videos to align to it.

    Args:
      videos: of a split, in its order.
      query: name or index of the query.
      others: names or indices of the others, in the order wanted; None takes
        the first ones of the split.
      limit: how many when `others` is None; 0 is all.

    Returns:
      The query, then the others.

    Raises:
      ValueError: a name or index that the split does not have.
    """
    wanted = [query, *(others or [])]
    names: list[str] = []
    kept: dict[int, prepared.Video] = {}
    num_firsts = 0
    for i, video in enumerate(videos):
        names.append(video.name)
        # One more than the limit, as the query may be among them.
        is_first = others is None and (not limit or num_firsts <= limit)
        if is_first or video.name in wanted or str(i) in wanted:
            kept[i] = video
            num_firsts += is_first
    chosen = [_find(names, name) for name in wanted]
    if others is None:
        rest = [i for i in kept if i != chosen[0]]
        chosen += rest[: limit or None]
    return [kept[i] for i in chosen]


def _find(names: list[str], name: str) -> int:
    """Returns the index of a video by its name, or else by its index."""
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    raise ValueError(
        f"a video must be one of {shown} or an index below {len(names)}."
        f" Received: {name!r}"
    )


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
      embeddings: of these videos, by name; others may be among them.
      method: "nn" or "dtw"; see `correspondence.align`.
      distance: "sqeuclidean" or "cosine".

    Returns:
      A track for each video; the moments are the embedded frames of the query.

    Raises:
      ValueError: a video without embeddings, or of another length.
    """
    places = []
    for video in videos:
        if video.name not in embeddings.names:
            raise ValueError(
                f"embeddings must hold every video. Received: none of"
                f" {video.name!r}"
            )
        place = embeddings.names.index(video.name)
        if embeddings.seq_lens[place] != len(video.jpegs):
            raise ValueError(
                f"embeddings of {video.name!r} must be of the video's"
                f" {len(video.jpegs)} frames. Received:"
                f" {embeddings.seq_lens[place]} frames; extract them again"
            )
        places.append(place)
    query_steps = embeddings.steps[places[0]]
    query_times = videos[0].timestamps[query_steps]
    tracks = []
    for i, (video, place) in enumerate(zip(videos, places, strict=True)):
        aligned = unaligned = query_steps
        if i:
            index = correspondence.align(
                embeddings.embs[places[0]],
                embeddings.embs[place],
                method=method,
                distance=distance,
            )
            aligned = embeddings.steps[place][index]
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
