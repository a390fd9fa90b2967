"""A web page in which several videos play in step with any one of them.

    playback.write("page.html", clips.select([3, 0, 2]))

The page is one file that needs neither a server nor the internet: frames,
embeddings and correspondences are inside.
"""

import base64
import io
import json
import os
from importlib import resources
from typing import Any

import matplotlib.colors
import numpy as np
from PIL import Image

from tcc.applications.clips import Clips
from tcc.io import atomic_files
from tcc.matching import correspondence
from tcc.visualization import figures

_TEMPLATE = "playback.html"
_PLACE = "__DATA__"
_JPEG_QUALITY = 80
# Frames in a page, about 60 MB of them: with 40 videos or fewer, each can have
# 300; with more, each has fewer.
_MAX_FRAMES_OF_ALL = 12_000
_LARGE = 8192  # bytes, above which a frame is encoded again


def write(
    path: str | os.PathLike[str],
    clips: Clips,
    *,
    method: str = "dtw",
    distance: str = "sqeuclidean",
    frame_size: int = 256,
    max_frames: int = 300,
) -> None:
    """Writes the page.

    Every video is aligned to every other, so that each can be the query. The
    page holds 12,000 frames at most (about 60 MB), evenly spread ones of each
    video, so that neither its size nor the time grows with the square of the
    videos. Nine have a number key.

    Args:
      path: of the page; its folder is made when absent.
      clips: the videos; the first is the query at first.
      method: "nn" or "dtw".
      distance: "sqeuclidean" or "cosine".
      frame_size: pixels, to which larger frames are shrunk.
      max_frames: of a video; of longer ones evenly spread frames are shown.
        Of more than 40 videos no more than 12,000 / videos are.

    Raises:
      ValueError: an unknown method or distance, or sizes below 1.
    """
    for name, value in (("frame_size", frame_size), ("max_frames", max_frames)):
        if value < 1:
            raise ValueError(f"{name} must be 1 or more. Received: {value}")
    content = _collect(clips, method, distance, frame_size, max_frames)
    # In a script element only "<" could end the data early.
    text = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    page = resources.files(__package__).joinpath(_TEMPLATE).read_text("utf-8")
    with atomic_files.write(path) as unfinished:
        unfinished.write_text(page.replace(_PLACE, text), encoding="utf-8")


def _collect(
    clips: Clips, method: str, distance: str, frame_size: int, max_frames: int
) -> dict[str, Any]:
    """Returns what the page's script reads."""
    data = clips.embeddings
    share = max(1, _MAX_FRAMES_OF_ALL // data.num_videos)
    kept = [_spread(len(embs), min(max_frames, share)) for embs in data.embs]
    embs = [data.embs[i][frames] for i, frames in enumerate(kept)]
    videos = []
    for i, frames in enumerate(kept):
        encoded = [clips.videos[i].jpegs[s] for s in data.steps[i][frames]]
        times = data.times[i][frames]
        if not np.isfinite(times).all():
            times = data.steps[i][frames] / 25.0
        with Image.open(
            io.BytesIO(encoded[0]), formats=("JPEG", "PNG")
        ) as picture:
            picture.thumbnail((frame_size, frame_size))
            width, height = picture.size
        videos.append(
            {
                "name": data.names[i],
                "times": [round(float(t), 4) for t in times],
                "labels": data.frame_labels[i][frames].tolist(),
                "frames": [_shrink(jpeg, frame_size) for jpeg in encoded],
                "width": width,
                "height": height,
                "embs": _base64(embs[i].astype("<f4").tobytes()),
            }
        )
    matches = [
        [
            []
            if a is b
            else correspondence.align(
                a, b, method=method, distance=distance
            ).tolist()
            for b in embs
        ]
        for a in embs
    ]
    top = max(int(labels.max()) for labels in data.frame_labels)
    count = max(top + 1, len(clips.phase_names)) if top >= 0 else 0
    return {
        "videos": videos,
        "matches": matches,
        "channels": data.num_channels,
        "labelled": top >= 0,
        "phases": [clips.phase_name(label) for label in range(count)],
        "colours": [
            matplotlib.colors.to_hex(c) for c in figures.phase_colours(count)
        ],
    }


def _spread(count: int, most: int) -> np.ndarray:
    """Returns at most `most` indices below `count`, evenly spread."""
    if count <= most:
        return np.arange(count)
    return np.round(np.linspace(0, count - 1, most)).astype(np.int64)


def _shrink(jpeg: bytes, size: int) -> str:
    """Returns a JPEG of at most `size` pixels, of few bytes, as base64."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG", "PNG")) as picture:
        if max(picture.size) > size or len(jpeg) > _LARGE:
            small = picture.convert("RGB")
            small.thumbnail((size, size))
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=_JPEG_QUALITY)
            jpeg = buffer.getvalue()
    return _base64(jpeg)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
