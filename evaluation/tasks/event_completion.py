"""Phase progression: how far a linear model sees the end of each phase.

Follows `evaluation/event_completion.py` of the original: for each phase but
the last one, the target of frame i of a video of n frames is

    (i - last frame of the phase) / n,

negative before the phase ends and positive behind. One linear regression per
target is fitted on the labelled training videos; the score is the mean over
the targets of R^2 on the validation frames.

Two cases that the original leaves open. A phase that a video does not show
(IndexError there) has no end in it: the frames of that video take no part in
that target. A phase that is left and entered again ends with its last frame,
as there; notes count such videos.
"""

import dataclasses

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, labelled, least_squares
from tcc.evaluation.tasks.task_result import TaskResult, tag_name


def targets(labels: np.ndarray, *, num_phases: int) -> np.ndarray:
    """Returns the targets of a video.

    Args:
      labels: [n] int64, phases of its frames, -1 unlabelled.
      num_phases: C, 2 or more.

    Returns:
      [n, C - 1] float64, a column of NaN for a phase that is absent.
    """
    n = len(labels)
    found = np.full((n, num_phases - 1), np.nan)
    for phase in range(num_phases - 1):
        frames = np.flatnonzero(labels == phase)
        if frames.size:
            found[:, phase] = (np.arange(n) - frames[-1]) / n
    return found


def event_errors(
    predicted: list[np.ndarray], expected: list[np.ndarray]
) -> np.ndarray:
    """Returns how far the predicted ends of the phases are off.

    Every frame i of a video of n frames votes for the end at i - n x, x its
    predicted target; the mean of the votes is compared with the true end.

    Args:
      predicted: for each video [n_i, C - 1] float64.
      expected: for each video [n_i, C - 1] float64, NaN for absent phases.

    Returns:
      [C - 1] float64, mean over the videos of |error| as a share of the
      video's length; NaN where no video shows the phase.
    """
    errors = np.stack(
        [
            # The difference of the mean votes, divided by n.
            np.abs(np.mean(x - y, axis=0))
            for x, y in zip(predicted, expected, strict=True)
        ]
    )
    shown = np.isfinite(errors)
    with np.errstate(invalid="ignore"):
        return np.where(shown, errors, 0).sum(axis=0) / shown.sum(axis=0)


@dataclasses.dataclass(frozen=True)
class _Part:
    """The labelled frames of a split, with what is to be predicted.

    Attributes:
      embs: [M, D] float32.
      targets: [M, C - 1] float64.
      videos: [M] int64, the video of each frame.
    """

    embs: np.ndarray
    targets: np.ndarray
    videos: np.ndarray


def _gather(
    embeddings: Embeddings, videos: list[int], num_phases: int
) -> _Part:
    masks = [embeddings.frame_labels[i] >= 0 for i in videos]
    return _Part(
        np.concatenate(
            [embeddings.embs[i][m] for i, m in zip(videos, masks, strict=True)]
        ),
        np.concatenate(
            [
                targets(embeddings.frame_labels[i], num_phases=num_phases)[m]
                for i, m in zip(videos, masks, strict=True)
            ]
        ),
        np.repeat(np.arange(len(videos)), [m.sum() for m in masks]),
    )


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Predicts the ends of phases from single embeddings.

    Args:
      train: embeddings of the training videos; their labels are used.
      val: embeddings of the validation videos.
      config: the label fractions, each in (0, 1].

    Returns:
      The score is the validation R^2 at the largest fraction. Arrays: "curve"
      [F, 4] float64, rows of labelled videos, R^2, ends of its interval;
      "event_errors" [C - 1], see `event_errors`, at the largest fraction.
    """
    reason = labelled.missing_labels(train, val)
    if reason:
        return TaskResult(skipped=reason)
    videos, choice = labelled.training_order(train, config)
    val_videos = labelled.labelled_videos(val)
    num_phases = 1 + max(
        int(labels.max()) for labels in (*train.frame_labels, *val.frame_labels)
    )
    if num_phases < 2:
        return TaskResult(skipped="the labels know a single phase")
    val_part = _gather(val, val_videos, num_phases)
    scalars: dict[str, float] = {}
    headings: dict[str, str] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    notes = _notes(train, videos) + _notes(val, val_videos)
    curve = []
    score = None
    for fraction in sorted(config.classification_fractions):
        chosen = labelled.first_share(videos, fraction)
        part = _gather(train, chosen, num_phases)
        predicted, own = _fit_predict(part, val_part)
        tag = f"{tag_name(val.dataset)}_{fraction}_score"
        train_r2 = r_squared(part.targets, own)
        val_r2 = r_squared(val_part.targets, predicted)
        missing = np.flatnonzero(~np.isfinite(val_r2)).tolist()
        if missing:
            notes.append(
                f"progression at {fraction:.0%} of the labelled videos is"
                f" without the ends of the phases {missing}, which its"
                " training or the validation videos do not show"
            )
        if len(missing) == num_phases - 1:
            continue
        score = float(np.nanmean(val_r2))
        scalars[f"event_completion/train_{tag}"] = float(np.nanmean(train_r2))
        tag = f"event_completion/val_{tag}"
        scalars[tag] = score
        headings[tag] = (
            f"progression R^2, {fraction:.0%} of the labels"
            f" ({len(chosen)} videos)"
        )
        intervals[tag] = _interval(val_part, predicted, config.bootstrap_draws)
        curve.append([len(chosen), score, *intervals[tag]])
    if score is None:
        return TaskResult(skipped="; ".join(notes))
    errors = event_errors(
        *(_by_video(x, val_part.videos) for x in (predicted, val_part.targets))
    )
    tag = f"event_completion/val_{tag_name(val.dataset)}_event_error"
    scalars[tag] = float(np.nanmean(errors))
    headings[tag] = "error of a phase's end, share of the video"
    return TaskResult(
        score=score,
        scalars=scalars,
        headings=headings,
        intervals=intervals,
        notes=tuple(dict.fromkeys(notes)),
        arrays={"event_errors": errors, "curve": np.array(curve)},
        protocol={
            "model": "linear regression, one for each phase but the last",
            "labelled_videos": choice,
            "train_videos": len(videos),
            "val_videos": len(val_videos),
            "val_frames": len(val_part.embs),
        },
    )


def _fit_predict(train: _Part, val: _Part) -> tuple[np.ndarray, np.ndarray]:
    """Returns predicted targets of the validation and the training frames."""
    predicted = np.full(val.targets.shape, np.nan)
    own = np.full(train.targets.shape, np.nan)
    for phase in range(val.targets.shape[1]):
        known = np.isfinite(train.targets[:, phase])
        if known.any():
            predict = least_squares.fit(
                train.embs[known], train.targets[known, phase]
            )
            predicted[:, phase] = predict(val.embs)
            own[:, phase] = predict(train.embs)
    return predicted, own


def r_squared(expected: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Returns R^2 = 1 - sum (y - x)^2 / sum (y - mean y)^2 of each target.

    Args:
      expected: [M, K] float64, y; NaN takes no part.
      predicted: [M, K] float64, x.

    Returns:
      [K] float64; NaN without frames, or without a prediction.
    """
    ones = np.ones((1, 1))
    moments = _moments(expected, predicted, np.zeros(len(expected), int))
    return _r_squared_of(moments, ones)[0]


def _moments(
    expected: np.ndarray, predicted: np.ndarray, videos: np.ndarray
) -> np.ndarray:
    """Returns [4, V, K]: sums over the frames of (x - y)^2, y, y^2, 1."""
    known = np.isfinite(expected) & np.isfinite(predicted)
    # Around the mean, so that the squares lose no digits.
    shift = np.nanmean(expected) if known.any() else 0.0
    y = np.where(known, expected - shift, 0)
    error = np.where(known, predicted - expected, 0)
    sums = np.zeros((4, int(videos.max()) + 1, expected.shape[1]))
    for row, values in enumerate((error**2, y, y**2, known.astype(float))):
        np.add.at(sums[row], videos, values)
    return sums


def _r_squared_of(moments: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns R^2 [R, K] of draws of videos with weights [R, V]."""
    errors, first, second, count = np.einsum("rv,mvk->mrk", weights, moments)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - errors / (second - first**2 / count)


def _interval(
    val: _Part, predicted: np.ndarray, count: int
) -> bootstrap.Interval:
    """Returns the bootstrap interval of the mean R^2 over the targets."""
    moments = _moments(val.targets, predicted, val.videos)
    num_videos = moments.shape[1]
    if num_videos < 2:
        return float("nan"), float("nan")
    weights = bootstrap.draws(num_videos, count=count)
    found = _r_squared_of(moments, weights)
    given = np.isfinite(found)
    with np.errstate(invalid="ignore"):
        means = np.where(given, found, 0).sum(axis=1) / given.sum(axis=1)
    return bootstrap.interval(means)


def _by_video(values: np.ndarray, videos: np.ndarray) -> list[np.ndarray]:
    """Splits rows that belong to videos 0, 0, ..., 1, 1, ..."""
    return np.split(values, np.flatnonzero(np.diff(videos)) + 1)


def _notes(embeddings: Embeddings, videos: list[int]) -> list[str]:
    """Says how many videos show a phase again after having left it."""
    again = 0
    for i in videos:
        labels = embeddings.frame_labels[i]
        labels = labels[labels >= 0]
        runs = 1 + np.count_nonzero(np.diff(labels))
        again += int(runs > len(np.unique(labels)))
    if not again:
        return []
    return [
        f"{again} of {len(videos)} videos of {embeddings.split!r} show a phase"
        " again after another one; its last frame counts as its end"
    ]
