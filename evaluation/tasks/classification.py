"""Phase classification: a classifier on the embeddings of labelled videos.

Follows `evaluation/classification.py` of the original: for every fraction f,
scikit-learn's `SVC` with its defaults (RBF kernel) is fitted on all labelled
frames of the first max(1, int(f n)) of the n labelled training videos, and
scored by accuracy on all labelled frames of the validation videos. Frames
without a label (-1) take no part. The configuration offers other classifiers,
and a random choice of the videos.

The time of `SVC` grows with the square of the frames and more. Above
`classification_max_frames`, more than the published data sets have, it learns
from evenly spaced frames of each video, and the protocol says how many.
"""

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, classifiers, labelled
from tcc.evaluation.tasks.task_result import TaskResult, tag_name


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Classifies the phase of validation frames from labelled videos.

    Args:
      train: embeddings of the training videos; their labels are used.
      val: embeddings of the validation videos.
      config: the label fractions, each in (0, 1], and the classifier.

    Returns:
      The score is the validation accuracy at the largest fraction. Arrays:
      "confusion" [C, C] int64 at that fraction, frames of a phase (row) taken
      for a phase (column); "curve" [F, 4] float64, rows of labelled videos,
      accuracy, ends of its interval.
    """
    reason = labelled.missing_labels(train, val)
    if reason:
        return TaskResult(skipped=reason)
    videos, choice = labelled.training_order(train, config)
    val_embs, val_labels = labelled.labelled_frames(val)
    sizes = labelled.sum_by_video(np.ones(len(val_labels)), val.frame_labels)
    scalars: dict[str, float] = {}
    headings: dict[str, str] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    arrays: dict[str, np.ndarray] = {}
    notes = []
    curve = []
    score = None
    for fraction in sorted(config.classification_fractions):
        chosen = labelled.first_share(videos, fraction)
        embs, labels = labelled.labelled_frames(train, chosen)
        every = classifiers.thinning(config, num_frames=len(labels))
        if every > 1:
            notes.append(
                f"accuracy at {fraction:.0%} of the labelled videos: learnt"
                f" from 1 in {every} of their {len(labels):,} labelled frames"
                " (eval.classification_max_frames)"
            )
            embs, labels = embs[::every], labels[::every]
        if len(np.unique(labels)) < 2:
            notes.append(
                f"no accuracy at {fraction:.0%} of the labelled videos:"
                f" {len(chosen)} of {len(videos)} videos show one phase only"
                f" ({labels[0]})"
            )
            continue
        classifier = classifiers.build(config, num_frames=len(embs))
        classifier.fit(embs, labels)
        predicted = classifier.predict(val_embs)
        right = predicted == val_labels
        tag = f"{tag_name(val.dataset)}_{fraction}_accuracy"
        score = float(right.mean())
        scalars[f"classification/train_{tag}"] = float(
            classifier.score(embs, labels)
        )
        tag = f"classification/val_{tag}"
        scalars[tag] = score
        headings[tag] = (
            f"accuracy, {fraction:.0%} of the labels ({len(chosen)} videos)"
        )
        intervals[tag] = bootstrap.of_ratio(
            labelled.sum_by_video(right, val.frame_labels),
            sizes,
            count=config.bootstrap_draws,
        )
        curve.append([len(chosen), score, *intervals[tag]])
        arrays["curve"] = np.array(curve)
        arrays["confusion"] = confusion(val_labels, predicted)
    return TaskResult(
        score=score,
        scalars=scalars,
        headings=headings,
        intervals=intervals,
        arrays=arrays,
        notes=tuple(notes),
        skipped="" if scalars else "; ".join(notes),
        protocol={
            "classifier": classifiers.describe(config),
            "labelled_videos": choice,
            "train_frames": len(labels),
            "train_videos": len(videos),
            "val_videos": len(labelled.labelled_videos(val)),
            "val_frames": len(val_labels),
            "majority_class_accuracy": float(
                np.bincount(val_labels).max() / len(val_labels)
            ),
        },
    )


def confusion(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts how often a label was taken for another.

    Args:
      labels: [M] int64, 0 or more.
      predicted: [M] int64, 0 or more.

    Returns:
      [C, C] int64, row: label, column: predicted.
    """
    size = int(max(labels.max(), predicted.max())) + 1
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts
