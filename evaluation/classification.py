"""Phase classification: an SVM on the embeddings of a few labelled videos.

Follows `evaluation/classification.py` of the original: for every fraction f,
scikit-learn's `SVC` with its defaults (RBF kernel) is fitted on all labelled
frames of the first max(1, int(f n)) of the n labelled training videos, and
scored by accuracy on all labelled frames of the validation videos. Frames
without a label (-1) take no part.
"""

import dataclasses

import numpy as np
from sklearn import svm

from tcc.configs import schema
from tcc.evaluation.embeddings import Embeddings
from tcc.evaluation.task_result import TaskResult, tag_name


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


def missing_labels(train: Embeddings, val: Embeddings) -> str:
    """Returns why a task on labels cannot run, "" when it can."""
    missing = [part.split for part in (train, val) if not part.is_labelled]
    if not missing:
        return ""
    return (
        f"no frame of {' and '.join(repr(split) for split in missing)} of"
        f" {val.dataset!r} has a phase label"
    )


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Classifies the phase of validation frames from labelled videos.

    Args:
      train: embeddings of the training videos; their labels are used.
      val: embeddings of the validation videos.
      config: the label fractions, each in (0, 1].

    Returns:
      The score is the validation accuracy at the largest fraction.
    """
    reason = missing_labels(train, val)
    if reason:
        return TaskResult(skipped=reason)
    videos = labelled_videos(train)
    val_embs, val_labels = labelled_frames(val)
    result = TaskResult(
        protocol={
            "classifier": "SVC, RBF kernel, scikit-learn defaults",
            "labelled_videos": "first of the order of the data set",
            "train_videos": len(videos),
            "val_videos": len(labelled_videos(val)),
            "val_frames": len(val_labels),
            "majority_class_accuracy": float(
                np.bincount(val_labels).max() / len(val_labels)
            ),
        }
    )
    scalars: dict[str, float] = {}
    notes = []
    score = None
    for fraction in sorted(config.classification_fractions):
        count = max(1, int(fraction * len(videos)))
        embs, labels = labelled_frames(train, videos[:count])
        if len(np.unique(labels)) < 2:
            notes.append(
                f"no accuracy at {fraction:.0%} of the labelled videos:"
                f" {count} of {len(videos)} videos show one phase only"
                f" ({labels[0]})"
            )
            continue
        classifier = svm.SVC().fit(embs, labels)
        tag = f"{tag_name(val.dataset)}_{fraction}_accuracy"
        score = float(classifier.score(val_embs, val_labels))
        scalars[f"classification/train_{tag}"] = float(
            classifier.score(embs, labels)
        )
        scalars[f"classification/val_{tag}"] = score
    return dataclasses.replace(
        result,
        score=score,
        scalars=scalars,
        notes=tuple(notes),
        skipped="" if scalars else "; ".join(notes),
    )
