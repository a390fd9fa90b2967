"""Carries phase labels of a few annotated videos over to others.

found = label_transfer.transfer(reference_embs, reference_labels, embs)
found.labels, found.confidences
"""

import csv
import dataclasses
import json
import os
from collections.abc import Sequence

import numpy as np

from tcc.io import atomic_files, limits
from tcc.matching import correspondence

_MICROSECONDS = 1e6  # in a second


@dataclasses.dataclass(frozen=True)
class Transferred:
    """Labels that a video has been given.

    Attributes:
      labels: [T] int64, the phase of each frame; -1 where the references have
        none.
      confidences: [T] float64, the share of the references that agree. From a
        single reference all are 1: it has nobody to disagree with.
    """

    labels: np.ndarray
    confidences: np.ndarray


def transfer(
    reference_embs: Sequence[np.ndarray],
    reference_labels: Sequence[np.ndarray],
    embs: np.ndarray,
    *,
    method: str = "dtw",
    distance: str = "sqeuclidean",
) -> Transferred:
    """Labels the frames of a video by the majority of references.

    Every reference is aligned to the video, and votes for each frame with the
    label of the frame that it shows there; without a label it does not vote.
    Of equally many votes the lowest phase wins.

    Args:
      reference_embs: R arrays [L_r, D] float.
      reference_labels: R arrays [L_r] int64, -1 unlabelled.
      embs: [T, D] float, of the video to label.
      method: "nn" or "dtw"; see `correspondence.align`.
      distance: "sqeuclidean" or "cosine".

    Returns:
      Its labels.

    Raises:
      ValueError: no references, none with a label, labels that do not belong
        to their embeddings, or embeddings that cannot be aligned.
    """
    if not reference_embs or len(reference_embs) != len(reference_labels):
        raise ValueError(
            "reference_embs and reference_labels must hold one array or more"
            f" each. Received: {len(reference_embs)} and"
            f" {len(reference_labels)}"
        )
    for i, (reference, labels) in enumerate(
        zip(reference_embs, reference_labels, strict=True)
    ):
        if np.shape(labels) != (len(reference),) or not len(reference):
            raise ValueError(
                f"reference_labels[{i}] must have one label for each of the"
                f" {len(reference)} frames of reference_embs[{i}], one or more."
                f" Received: shape {np.shape(labels)}"
            )
        if not np.issubdtype(np.asarray(labels).dtype, np.integer):
            raise ValueError(
                f"reference_labels[{i}] must be integers, -1 where unlabelled."
                f" Received: {np.asarray(labels).dtype}"
            )
    num_phases = 1 + max(int(np.max(labels)) for labels in reference_labels)
    if not 1 <= num_phases <= limits.MAX_PHASE + 1:
        raise ValueError(
            "reference_labels must hold a phase, and phases are from 0 to"
            f" {limits.MAX_PHASE:,}. Received at most: {num_phases - 1}"
        )
    votes = np.zeros((len(embs), num_phases))
    for reference, labels in zip(reference_embs, reference_labels, strict=True):
        found = correspondence.align(
            embs, reference, method=method, distance=distance
        )
        voted = labels[found]
        frames = np.flatnonzero(voted >= 0)
        votes[frames, voted[frames]] += 1
    cast = votes.sum(axis=1)
    winners = np.where(cast > 0, votes.argmax(axis=1), -1).astype(np.int64)
    shares = votes.max(axis=1) / np.maximum(cast, 1)
    return Transferred(winners, shares)


def accuracy(labels: np.ndarray, true_labels: np.ndarray) -> float:
    """Returns the share of right labels among frames that have a true one.

    Args:
      labels: [T] int64.
      true_labels: [T] int64, -1 unlabelled.

    Returns:
      Between 0 and 1; NaN without a true label.

    Raises:
      ValueError: different numbers of labels.
    """
    if np.shape(labels) != np.shape(true_labels):
        raise ValueError(
            "labels and true_labels must have the same shape. Received:"
            f" {np.shape(labels)} and {np.shape(true_labels)}"
        )
    known = true_labels >= 0
    if not known.any():
        return float("nan")
    return float(np.mean(labels[known] == true_labels[known]))


def find_segments(
    labels: np.ndarray, times: np.ndarray
) -> list[tuple[int, float, float]]:
    """Returns the runs of equal labels.

    Args:
      labels: [T] int64; frames of -1 belong to no run.
      times: [T] float, seconds.

    Returns:
      (phase, start, end) of each run in order, seconds; a run ends where the
      next frame begins, and the last a mean frame after its last frame.

    Raises:
      ValueError: no frames, or times of others.
    """
    if np.shape(labels) != np.shape(times) or not len(labels):
        raise ValueError(
            "labels and times must have one value for each frame, and one frame"
            f" or more. Received: shapes {np.shape(labels)} and"
            f" {np.shape(times)}"
        )
    interval = np.diff(times).mean() if len(times) > 1 else 0.0
    ends = np.append(times[1:], times[-1] + interval)
    borders = np.flatnonzero(np.diff(labels)) + 1
    return [
        (int(labels[run[0]]), float(times[run[0]]), float(ends[run[-1]]))
        for run in np.split(np.arange(len(labels)), borders)
        if labels[run[0]] >= 0
    ]


def write_json(
    path: str | os.PathLike[str],
    found: dict[str, tuple[Transferred, np.ndarray]],
) -> None:
    """Writes labels in the original's format, for prepare to read.

    The format has one span for each phase: a phase that comes back is written
    from where its longest run begins to where that ends; the CSV has all.

    Args:
      path: of the file.
      found: for each video by name its labels, and times [T] in seconds.
    """
    content = {}
    for name, (transferred, times) in found.items():
        spans: dict[str, list[int]] = {}
        for phase, start, end in find_segments(transferred.labels, times):
            span = [round(start * _MICROSECONDS), round(end * _MICROSECONDS)]
            old = spans.get(str(phase), [0, 0])
            if span[1] - span[0] > old[1] - old[0]:
                spans[str(phase)] = span
        if spans:
            content[name] = {"transferred": spans}
    with atomic_files.write(path) as unfinished:
        unfinished.write_text(
            json.dumps(content, indent=1) + "\n", encoding="utf-8"
        )


def write_csv(
    path: str | os.PathLike[str],
    found: dict[str, tuple[Transferred, np.ndarray]],
    phase_names: Sequence[str] = (),
) -> None:
    """Writes the label and the confidence of every frame.

    Args:
      path: of the file.
      found: as for `write_json`.
      phase_names: of the phases; () leaves the column empty.
    """
    names = dict(enumerate(phase_names))
    with (
        atomic_files.write(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(["video", "seconds", "label", "phase", "confidence"])
        for video, (transferred, times) in found.items():
            for time, label, confidence in zip(
                times, transferred.labels, transferred.confidences, strict=True
            ):
                name = names.get(int(label), "")
                writer.writerow(
                    [video, f"{time:.4f}", label, name, f"{confidence:.3f}"]
                )
