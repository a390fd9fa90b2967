"""Embeddings without learning, to judge trained ones by.

Each returns `Embeddings` of the same frames, so every task runs on them. The
untrained network is a baseline too: `embed.embed_split` with the checkpoint of
step 0.
"""

import io
from collections.abc import Iterable
from typing import Protocol

import numpy as np
from PIL import Image

from tcc.evaluation.embedding.embeddings import Embeddings


class JpegVideo(Protocol):
    """What is needed of a prepared video."""

    @property
    def name(self) -> str:
        """The video's name."""

    @property
    def jpegs(self) -> Iterable[bytes]:
        """Its frames, as JPEG files."""


def frame_index(
    embeddings: Embeddings, *, normalize: bool = False
) -> Embeddings:
    """Embeds every frame as its position in time, without seeing it.

    This is the trivial solution of temporal alignment: its Kendall's tau is
    near 1, since positions always run forwards. What it lacks shows in phase
    classification, where videos of different pace disagree.

    Args:
      embeddings: of the frames to use.
      normalize: position as a share of the video, 0 to 1, not in frames.

    Returns:
      Embeddings of one channel.
    """
    embs = []
    for steps, seq_len in zip(
        embeddings.steps, embeddings.seq_lens, strict=True
    ):
        position = steps.astype(np.float32)
        if normalize:
            position /= max(seq_len - 1, 1)
        embs.append(position[:, None])
    return embeddings.with_embs(embs)


def raw_pixels(
    embeddings: Embeddings, videos: Iterable[JpegVideo], *, size: int = 16
) -> Embeddings:
    """Embeds every frame as its own pixels, shrunk.

    Args:
      embeddings: of the frames to use.
      videos: the videos of that split, as they are prepared; any order.
      size: pixels of the shrunk frame, height and width.

    Returns:
      Embeddings of 3 size^2 channels, pixel values in [0, 1].

    Raises:
      ValueError: a video of `embeddings` is not among `videos`.
    """
    places = {name: i for i, name in enumerate(embeddings.names)}
    embs: dict[int, np.ndarray] = {}
    for video in videos:
        if video.name in places:
            i = places[video.name]
            jpegs = list(video.jpegs)
            embs[i] = np.stack(
                [_shrink(jpegs[step], size) for step in embeddings.steps[i]]
            )
    missing = [n for n, i in places.items() if i not in embs]
    if missing:
        raise ValueError(
            "videos must hold every video of the embeddings. Received: none"
            f" named {missing[0]!r}"
        )
    return embeddings.with_embs([embs[i] for i in range(embeddings.num_videos)])


def _shrink(jpeg: bytes, size: int) -> np.ndarray:
    """Returns a frame [3 size^2] float32 in [0, 1]."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG", "PNG")) as picture:
        picture.draft("RGB", (size * 4, size * 4))  # decodes at low size
        small = picture.convert("RGB").resize(
            (size, size), Image.Resampling.BOX
        )
    return np.asarray(small, np.float32).ravel() / 255
