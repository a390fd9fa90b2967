"""Few-shot phase classification: what a few labelled videos are worth.

Follows `evaluation/few_shot_classification.py` of the original: for each k,
a classifier is fitted on the labelled frames of k random training videos and
scored on all labelled validation frames; 50 such episodes give a mean and
its 95 % t-interval. The episodes are drawn as there, by one `RandomState(42)`
through all k. The original then indexes ragged lists with `np.take`, which
fails; here videos are taken by index.

Episodes do not depend on each other, and run in parallel processes where that
is worth starting them.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np
from scipy import stats

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, classifiers, labelled
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.io import progress_bar

# Starting processes takes a few seconds: shorter work is done in this one.
_WORTH_PROCESSES = 8.0  # seconds


def draw_episodes(
    num_videos: int, counts: Sequence[int], *, episodes: int, seed: int
) -> dict[int, list[list[int]]]:
    """Draws the labelled videos of every episode, as the original does.

    Args:
      num_videos: to draw from.
      counts: labelled videos of an episode, each at most `num_videos`.
      episodes: for each count.
      seed: of the draws.

    Returns:
      count -> for each episode indices of videos, all different.
    """
    # The original's generator: the same seed gives the same episodes.
    rng = np.random.RandomState(seed)
    return {
        count: [
            rng.permutation(num_videos)[:count].tolist()
            for _ in range(episodes)
        ]
        for count in counts
    }


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Classifies validation frames from a few labelled videos, many times.

    Args:
      train: embeddings of the training videos; their labels are used.
      val: embeddings of the validation videos.
      config: the counts, episodes, seed, processes and classifier.

    Returns:
      The score is the mean validation accuracy at the largest count. The
      scalars `_ci` are half widths of the t-interval over the episodes;
      `intervals` are the bootstrap over validation videos. Arrays: "curve"
      [K, 4] float64, rows of k, mean accuracy, ends of its t-interval.
    """
    reason = labelled.missing_labels(train, val)
    if reason:
        return TaskResult(skipped=reason)
    videos = labelled.labelled_videos(train)
    counts = [k for k in sorted(config.few_shot_videos) if k <= len(videos)]
    notes = []
    if len(counts) < len(config.few_shot_videos):
        notes.append(
            f"no few-shot accuracy above {len(videos)} videos, as no more"
            f" videos of {train.split!r} are labelled"
        )
    if not counts:
        return TaskResult(skipped=notes[0])
    drawn = draw_episodes(
        len(videos),
        counts,
        episodes=config.few_shot_episodes,
        seed=config.few_shot_seed,
    )
    jobs = [
        ([videos[i] for i in episode])
        for count in counts
        for episode in drawn[count]
    ]
    found = _run(jobs, train, val, config)
    result = _summarize(counts, found, val, config)
    failed = sum(train_accuracy is None for train_accuracy, _ in found)
    if failed:
        notes.append(
            f"{failed} of {len(jobs)} few-shot episodes drew videos of one"
            " phase only and are left out"
        )
    result["notes"] = tuple(notes)
    result["protocol"] = {
        "classifier": classifiers.describe(config),
        "episodes": config.few_shot_episodes,
        "seed": config.few_shot_seed,
        "train_videos": len(videos),
        "val_videos": len(labelled.labelled_videos(val)),
        "val_frames": sum(int((v >= 0).sum()) for v in val.frame_labels),
        "ci": "half width of the 95 % t-interval over the episodes",
    }
    if not result["scalars"]:
        return TaskResult(skipped="; ".join(notes))
    return TaskResult(**result)


# Accuracy on the videos learnt from, and right frames of each validation
# video [V]; None for an episode of one phase.
_Episode = tuple[float | None, np.ndarray]


def _run(
    jobs: list[list[int]],
    train: Embeddings,
    val: Embeddings,
    config: schema.EvalConfig,
) -> list[_Episode]:
    """Runs the episodes, the larger part in parallel if that is quicker."""
    arguments = (
        train.embs,
        train.frame_labels,
        *labelled.labelled_frames(val),
        val.frame_labels,
        config,
    )
    processes = config.few_shot_processes or os.cpu_count() or 1
    done: list[_Episode] = []
    start = time.monotonic()
    for job in jobs:
        if processes > 1 and done:
            # The last jobs are the longest: their share is underestimated.
            each = (time.monotonic() - start) / len(done)
            if each * (len(jobs) - len(done)) > _WORTH_PROCESSES:
                break
        done.append(run_episode(job, *arguments))
    rest = jobs[len(done) :]
    if rest:
        # Processes of their own: no thread of TensorFlow is forked.
        results = joblib.Parallel(
            n_jobs=processes, batch_size="auto", return_as="generator"
        )(joblib.delayed(run_episode)(job, *arguments) for job in rest)
        done += progress_bar.track(
            results,
            total=len(rest),
            task="few-shot classification",
            unit="episodes",
        )
    return done


def run_episode(
    videos: list[int],
    embs: list[np.ndarray],
    labels: list[np.ndarray],
    val_embs: np.ndarray,
    val_labels: np.ndarray,
    val_parts: list[np.ndarray],
    config: schema.EvalConfig,
) -> _Episode:
    """Fits on some videos and classifies the validation frames.

    Args:
      videos: indices of the labelled videos.
      embs: for each training video [L_i, D] float32.
      labels: for each [L_i] int64, -1 unlabelled.
      val_embs: [M, D] float32, the labelled validation frames.
      val_labels: [M] int64.
      val_parts: labels of each validation video, -1 unlabelled.
      config: the classifier.

    Returns:
      Accuracy on the labelled videos, and right frames of each validation
      video [V]; (None, empty) where the videos show one phase only.
    """
    own_embs = np.concatenate([embs[i] for i in videos])
    own_labels = np.concatenate([labels[i] for i in videos])
    own_embs, own_labels = (
        own_embs[own_labels >= 0],
        own_labels[own_labels >= 0],
    )
    if len(np.unique(own_labels)) < 2:
        return None, np.zeros(0)
    classifier = classifiers.build(config, num_frames=len(own_embs))
    classifier.fit(own_embs, own_labels)
    right = classifier.predict(val_embs) == val_labels
    return (
        float(classifier.score(own_embs, own_labels)),
        labelled.sum_by_video(right, val_parts),
    )


def _summarize(
    counts: list[int],
    found: list[_Episode],
    val: Embeddings,
    config: schema.EvalConfig,
) -> dict[str, Any]:
    """Returns the fields of the result: means and intervals of each count."""
    name = tag_name(val.dataset)
    sizes = np.array([(v >= 0).sum() for v in val.frame_labels], np.float64)
    scalars: dict[str, float] = {}
    headings: dict[str, str] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    curve = []
    for place, count in enumerate(counts):
        first = place * config.few_shot_episodes
        episodes = [
            (accuracy, right)
            for accuracy, right in found[
                first : first + config.few_shot_episodes
            ]
            if accuracy is not None
        ]
        if not episodes:
            continue
        right = np.stack([right for _, right in episodes])
        by_split = {
            "train": np.array([accuracy for accuracy, _ in episodes]),
            "val": right.sum(axis=1) / sizes.sum(),
        }
        for split, accuracies in by_split.items():
            tag = f"few_shot_cxn/{split}_{name}_{count}"
            scalars[f"{tag}_accuracy"] = float(accuracies.mean())
            scalars[f"{tag}_ci"] = half_width(accuracies)
        tag = f"few_shot_cxn/val_{name}_{count}_accuracy"
        videos = (
            "1 labelled video" if count == 1 else f"{count} labelled videos"
        )
        headings[tag] = f"few-shot accuracy, {videos}"
        intervals[tag] = bootstrap.of_ratio(
            right.mean(axis=0), sizes, count=config.bootstrap_draws
        )
        width = scalars[tag.replace("_accuracy", "_ci")]
        low, high = scalars[tag] - width, scalars[tag] + width
        curve.append([count, scalars[tag], low, high])
    return {
        "score": curve[-1][1] if curve else None,
        "scalars": scalars,
        "headings": headings,
        "intervals": intervals,
        "arrays": {"curve": np.array(curve)},
    }


def half_width(values: np.ndarray) -> float:
    """Returns the half width of the 95 % t-interval of a mean.

    t_{.975, n-1} s / sqrt(n), s with n - 1 in its denominator.

    Args:
      values: [n] float.

    Returns:
      0 where all values are equal, NaN for a single one.
    """
    if len(values) < 2:
        return float("nan")
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(stats.t.ppf(0.975, len(values) - 1) * error)
