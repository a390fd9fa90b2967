"""Finds where a video departs from reference videos of the same action.

detector = anomaly.fit(reference_embs)
found = anomaly.score(embs, detector)
found.scores, found.is_anomalous
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from sklearn import metrics

from tcc.io import progress_bar
from tcc.matching import correspondence

_BINS = 10  # of the action's course, each with a scale of its own


@dataclasses.dataclass(frozen=True)
class Settings:
    """How frames are compared.

    Attributes:
      method: of the alignment, "dtw" or "nn".
      distance: of the alignment, "sqeuclidean" or "cosine".
      window: frames of a reference, to either side of the aligned one, of
        which the nearest counts.
      neighbors: references whose mean distance counts, the nearest ones.
      smoothing: frames of the median filter over a video's scores; 1 is none.
      quantile: of the normal frames' scores that is the threshold.
      max_calibration: normal videos that set the threshold at most; of more, a
        seeded sample does.
    """

    method: str = "dtw"
    distance: str = "sqeuclidean"
    window: int = 5
    neighbors: int = 3
    smoothing: int = 5
    quantile: float = 0.99
    max_calibration: int = 100


@dataclasses.dataclass(frozen=True)
class Detector:
    """What is normal.

    Attributes:
      references: for each [L, D] float.
      settings: of the comparison.
      center: [bins] float64, median distance of normal frames, by where in the
        action they are.
      scale: [bins] float64, its spread.
      threshold: of the scores.
      num_calibrated: normal videos that set the threshold.
    """

    references: list[np.ndarray]
    settings: Settings
    center: np.ndarray
    scale: np.ndarray
    threshold: float
    num_calibrated: int = 0


@dataclasses.dataclass(frozen=True)
class Scores:
    """How unusual each frame of a video is.

    Attributes:
      scores: [T] float64; for normal frames about 0, with a spread of 1.
      is_anomalous: [T] bool, above the threshold.
    """

    scores: np.ndarray
    is_anomalous: np.ndarray


def fit(
    reference_embs: Sequence[np.ndarray],
    settings: Settings | None = None,
    *,
    calibration_embs: Sequence[np.ndarray] = (),
) -> Detector:
    """Learns from normal videos how far normal frames are from each other.

    Each reference is compared with all others, or each calibration video with
    the references. How far apart normal frames are depends on where in the
    action they are, so distances are measured in medians and spreads of that
    place.

    Videos of the training are nearer to each other than new ones are to them:
    where these are the references, calibrate with others, or too many frames
    of new videos will be above the threshold.

    Time grows with the references times the calibration videos. Of these
    `settings.max_calibration` are measured at most, so that it does not grow
    with the square of the references.

    Args:
      reference_embs: R >= 3 normal videos, each [L, D] float.
      settings: of the comparison.
      calibration_embs: normal videos that are no references, each [L, D]
        float; none takes the references.

    Returns:
      The detector.

    Raises:
      ValueError: fewer than three references, or impossible settings.
    """
    settings = settings or Settings()
    if len(reference_embs) < 3:
        raise ValueError(
            "reference_embs must hold three normal videos or more, to know"
            f" how much these differ. Received: {len(reference_embs)}"
        )
    _check(settings)
    references = [np.asarray(video, np.float64) for video in reference_embs]
    videos = calibration_embs or references
    chosen = _sample(len(videos), settings.max_calibration)
    measured = []
    for i in progress_bar.track(
        chosen, total=len(chosen), task="normal videos", unit="videos"
    ):
        others = references
        if not calibration_embs:
            others = references[:i] + references[i + 1 :]
        video = np.asarray(videos[i], np.float64)
        measured.append(_measure(video, others, settings))
    distances = np.concatenate([distance for distance, _ in measured])
    places = np.concatenate([place for _, place in measured])
    center, scale = _calibrate(distances, places)
    raw = Detector(references, settings, center, scale, np.inf, len(measured))
    normal = [_standardise(*one, raw) for one in measured]
    threshold = np.quantile(np.concatenate(normal), settings.quantile)
    return dataclasses.replace(raw, threshold=float(threshold))


def _sample(count: int, limit: int) -> list[int]:
    """Returns the indices below `count`, or a seeded sample of `limit`."""
    if count <= limit:
        return list(range(count))
    rng = np.random.default_rng(0)
    return sorted(rng.choice(count, limit, replace=False).tolist())


def score(embs: np.ndarray, detector: Detector) -> Scores:
    """Scores the frames of a video.

    Args:
      embs: [T, D] float.
      detector: of `fit`.

    Returns:
      The scores.
    """
    measured = _measure(
        np.asarray(embs, np.float64), detector.references, detector.settings
    )
    scores = _standardise(*measured, detector)
    return Scores(scores, scores > detector.threshold)


def video_score(scores: np.ndarray) -> float:
    """Returns how unusual a whole video is: its frames' 0.95 quantile."""
    return float(np.quantile(scores, 0.95))


def area_under_roc(
    scores: Sequence[np.ndarray], is_anomalous: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Returns how well scores part anomalous from normal: 1 always, 0.5 never.

    Args:
      scores: of each video [T] float.
      is_anomalous: what each video's frames are, [T] bool.

    Returns:
      Area under the ROC curve over all frames, and over videos, where a video
      is anomalous that has an anomalous frame. NaN where all are alike.
    """
    parts = (
        (np.concatenate(is_anomalous), np.concatenate(scores)),
        (
            np.array([frames.any() for frames in is_anomalous]),
            np.array([video_score(one) for one in scores]),
        ),
    )
    frames, videos = (
        float(metrics.roc_auc_score(truth, values))
        if truth.any() and not truth.all()
        else float("nan")
        for truth, values in parts
    )
    return frames, videos


def _check(settings: Settings) -> None:
    lowest = {"window": 0, "neighbors": 1, "smoothing": 1, "max_calibration": 1}
    for name, least in lowest.items():
        if getattr(settings, name) < least:
            raise ValueError(
                f"{name} must be {least} or more. Received:"
                f" {getattr(settings, name)}"
            )
    if not 0 < settings.quantile < 1:
        raise ValueError(
            f"quantile must be in (0, 1). Received: {settings.quantile}"
        )


def _measure(
    embs: np.ndarray, references: Sequence[np.ndarray], settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """Returns distance [T] and place in the action [T], 0 to 1, of frames."""
    distances, places = [], []
    for reference in references:
        found = correspondence.align(
            embs, reference, method=settings.method, distance=settings.distance
        )
        apart = np.full(len(embs), np.inf)
        # One offset at a time: all at once would be many copies of the video.
        for offset in range(-settings.window, settings.window + 1):
            near = np.clip(found + offset, 0, len(reference) - 1)
            here = np.linalg.norm(reference[near] - embs, axis=1)
            apart = np.minimum(apart, here)
        distances.append(apart)
        places.append(found / max(1, len(reference) - 1))
    table = np.sort(distances, axis=0)[: settings.neighbors]
    return table.mean(axis=0), np.mean(places, axis=0)


def _calibrate(
    distances: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns median and spread of the distances in each part of the action."""
    center = np.full(_BINS, np.median(distances))
    spread = np.full(_BINS, _spread(distances))
    bins = np.minimum((places * _BINS).astype(int), _BINS - 1)
    for i in range(_BINS):
        here = distances[bins == i]
        if len(here) >= 10:  # fewer say too little
            center[i], spread[i] = np.median(here), _spread(here)
    # A part in which all videos are alike must not make every frame unusual.
    return center, np.maximum(spread, 1e-6 + 0.1 * np.median(spread))


def _spread(values: np.ndarray) -> float:
    """Returns a standard deviation that outliers do not move."""
    deviation = np.median(np.abs(values - np.median(values)))
    return float(1.4826 * deviation)


def _standardise(
    distances: np.ndarray, places: np.ndarray, detector: Detector
) -> np.ndarray:
    middles = (np.arange(_BINS) + 0.5) / _BINS
    center = np.interp(places, middles, detector.center)
    scale = np.interp(places, middles, detector.scale)
    scores = (distances - center) / scale
    return ndimage.median_filter(
        scores, size=detector.settings.smoothing, mode="nearest"
    )
