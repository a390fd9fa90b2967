"""Labelled frames and videos, and which of them a task may learn from."""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings


def labelled_frames(
    embeddings: Embeddings, videos: list[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the embeddings and labels of the labelled frames.

    Args:
      embeddings: embeddings of any videos.
      videos: indices of the videos to use; all by default.

    Returns:
      embs [M, D] float32 and labels [M] int64, all >= 0.
    """
    chosen = range(embeddings.num_videos) if videos is None else videos
    embs = np.concatenate([embeddings.embs[i] for i in chosen])
    labels = np.concatenate([embeddings.frame_labels[i] for i in chosen])
    return embs[labels >= 0], labels[labels >= 0]


def labelled_videos(embeddings: Embeddings) -> list[int]:
    """Returns the indices of the videos with a labelled frame or more."""
    return [
        i
        for i, labels in enumerate(embeddings.frame_labels)
        if (labels >= 0).any()
    ]


def missing_labels(*parts: Embeddings) -> str:
    """Returns why a task on labels cannot run, "" when it can."""
    missing = [part.split for part in parts if not part.is_labelled]
    if not missing:
        return ""
    return (
        f"no frame of {' and '.join(repr(split) for split in missing)} of"
        f" {parts[0].dataset!r} has a phase label"
    )


def training_order(
    train: Embeddings, config: schema.EvalConfig
) -> tuple[list[int], str]:
    """Returns the labelled training videos in the order they are used.

    Tasks that learn from a fraction of the labels take the first ones. The
    original takes them in the order of the files, which can be that of a
    single recording; `config.label_choice = "seeded"` shuffles them.

    Args:
      train: embeddings of the training videos.
      config: the choice and its seed.

    Returns:
      Indices of videos, and the choice in words.
    """
    videos = labelled_videos(train)
    if config.label_choice == "first":
        return videos, "first of the order of the data set"
    rng = np.random.default_rng(config.label_seed)
    shuffled = [videos[i] for i in rng.permutation(len(videos))]
    return shuffled, f"random, seed {config.label_seed}"


def first_share(videos: list[int], fraction: float) -> list[int]:
    """Returns the first max(1, int(fraction n)) of n videos."""
    return videos[: max(1, int(fraction * len(videos)))]


def sum_by_video(values: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Returns sums [V] of values [M] that belong to the labelled frames.

    Args:
      values: [M], one for each labelled frame of all videos.
      parts: for each of V videos its labels; frames below 0 have no value.
    """
    sizes = [int((labels >= 0).sum()) for labels in parts]
    return np.array(
        [part.sum() for part in np.split(values, np.cumsum(sizes)[:-1])],
        np.float64,
    )
