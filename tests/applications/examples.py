"""Clips of grey pictures whose embeddings are given."""

import dataclasses

import numpy as np

from tcc.applications.clips import Clips
from tcc.datasets.preparing import jpeg
from tcc.video import prepared
from tests.evaluation.examples import make_embeddings


def make_clips(
    embs, labels=None, *, names=None, fps=10.0, phase_names=(), size=16
) -> Clips:
    """Frame t of a video of L frames is grey, of 255 * t / L."""
    embeddings = make_embeddings(embs, labels)
    embeddings = dataclasses.replace(
        embeddings,
        names=list(names or embeddings.names),
        times=[np.arange(len(e)) / fps for e in embs],
        fps=np.full(len(embs), fps),
    )
    videos = [
        prepared.Video(
            name=embeddings.names[i],
            jpegs=[
                jpeg.encode(
                    np.full((size, size, 3), 255 * t // len(e), np.uint8)
                )
                for t in range(len(e))
            ],
            frame_labels=embeddings.frame_labels[i],
            timestamps=embeddings.times[i],
            fps=fps,
            label=-1,
        )
        for i, e in enumerate(embs)
    ]
    return Clips(embeddings, videos, list(phase_names))


def line(*places: float) -> np.ndarray:
    """Embeddings [T, 1] float32 on a line."""
    return np.array(places, np.float32)[:, None]
