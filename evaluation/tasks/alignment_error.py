"""Alignment error: how far matched frames are from where labels put them.

Labels tell where phases begin and end; within a phase time is taken to pass
evenly. So every labelled frame has a position, its phase plus the share of the
phase that has passed, and frames of two videos belong together when their
positions are equal. For every ordered pair of videos each frame of the first
is matched with a frame of the second, by nearest neighbour or by dynamic time
warping, and compared with the frame where it belongs:

    in seconds: |time of the match - time of the equal position|
    in phases:  |position of the match - position of the frame|
    wrong:      the share of the matches that show another phase

Evenly passing time is an assumption: errors well below the length of a phase
mean little, and an error of 0 is not reached by a true alignment. A phase that
a video enters twice has no single position: its frames take no part.
"""

import dataclasses

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.statistics import bootstrap, labelled, pair_sample
from tcc.evaluation.tasks.task_result import TaskResult, tag_name
from tcc.io import progress_bar
from tcc.matching import correspondence

_METHODS = {"nn": "nearest neighbour", "dtw": "DTW"}
_MEASURES = {"seconds": "error, s", "phases": "error, phases", "wrong": "wrong"}


def positions(labels: np.ndarray) -> np.ndarray:
    """Returns the phase of each frame plus the share of it that has passed.

    Frame m of the n frames of phase k is at k + (m + 1/2) / n.

    Args:
      labels: [L] int64, -1 unlabelled.

    Returns:
      [L] float64, NaN for frames without a label, and of phases that are left
      and entered again.
    """
    found = np.full(len(labels), np.nan)
    for phase in np.unique(labels[labels >= 0]):
        frames = np.flatnonzero(labels == phase)
        if frames[-1] - frames[0] + 1 == len(frames):
            passed = (np.arange(len(frames)) + 0.5) / len(frames)
            found[frames] = phase + passed
    return found


@dataclasses.dataclass(frozen=True)
class Errors:
    """Sums over the frames of a pair of videos.

    Attributes:
      seconds: of |time - time where it belongs|; NaN if times are not known.
      phases: of |position - position of the query|.
      wrong: of 1 where the match shows another phase.
      frames: that were compared.
    """

    seconds: float
    phases: float
    wrong: float
    frames: int


def compare(
    matches: np.ndarray,
    query: np.ndarray,
    candidates: np.ndarray,
    times: np.ndarray,
) -> Errors:
    """Compares the matches of a pair of videos with their labels.

    Args:
      matches: [T] int64, the frame of the candidate video for each frame.
      query: [T] float64, positions of the query's frames.
      candidates: [L] float64, positions of the candidate's frames.
      times: [L] float64, seconds of the candidate's frames.

    Returns:
      The sums. A frame is compared when its phase has a position in both
      videos, and its match has a position.
    """
    known = np.flatnonzero(np.isfinite(candidates))
    shared = np.isin(np.floor(query), np.floor(candidates[known]))
    used = shared & np.isfinite(query) & np.isfinite(candidates[matches])
    if not used.any():
        return Errors(0.0, 0.0, 0.0, 0)
    query, matches = query[used], matches[used]
    belongs = _time_of(query, candidates[known], times[known])
    reached = candidates[matches]
    return Errors(
        float(np.abs(times[matches] - belongs).sum()),
        float(np.abs(reached - query).sum()),
        float((np.floor(reached) != np.floor(query)).sum()),
        len(query),
    )


def _time_of(
    wanted: np.ndarray, candidates: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Returns the time at which a video is at a position, of a phase it has.

    Args:
      wanted: [K] float64 positions.
      candidates: [L] float64, known positions of its frames.
      times: [L] float64, seconds.
    """
    found = np.empty(len(wanted))
    phases = np.floor(candidates)
    for phase in np.unique(np.floor(wanted)):
        ours, theirs = np.floor(wanted) == phase, phases == phase
        # Beyond the middle of its first or last frame: that frame.
        found[ours] = np.interp(wanted[ours], candidates[theirs], times[theirs])
    return found


def evaluate(
    train: Embeddings, val: Embeddings, config: schema.EvalConfig
) -> TaskResult:
    """Compares alignments of the validation videos with their labels.

    Args:
      train: takes no part.
      val: embeddings of the validation videos; their labels are used.
      config: the distance, and how many pairs of videos at most.

    Returns:
      The score, lower is better, is the mean error of the nearest neighbours
      in seconds; in phases where the data have no times.
    """
    del train
    reason = labelled.missing_labels(val)
    if reason:
        return TaskResult(skipped=reason)
    val = val.select(labelled.labelled_videos(val))
    if val.num_videos < 2:
        reason = f"{val.split!r} has one labelled video; pairs are aligned"
        return TaskResult(skipped=reason)
    limit = min(config.alignment_max_pairs, config.max_pairs)
    pairs = pair_sample.choose(val.num_videos, limit=limit)
    sums = _sums(val, pairs, config.matching_distance)
    prefix = f"alignment_error/{tag_name(val.dataset)}_{val.split}"
    scalars, headings, intervals = {}, {}, {}
    for (method, measure), values in sums.items():
        frames = np.where(np.isfinite(values), sums[method, "frames"], 0)
        if measure == "frames" or not frames.sum():
            continue
        tag = f"{prefix}_{method}_{measure}"
        scalars[tag] = float(np.nansum(values) / frames.sum())
        headings[tag] = f"{_METHODS[method]}: {_MEASURES[measure]}"
        intervals[tag] = bootstrap.of_pairs(
            pairs,
            values,
            frames,
            num_videos=val.num_videos,
            count=config.bootstrap_draws,
        )
    if not scalars:
        return TaskResult(skipped="no two videos share a phase")
    notes = []
    if f"{prefix}_nn_seconds" not in scalars:
        notes.append("no alignment error in seconds: frame times are unknown")
    return TaskResult(
        score=scalars.get(
            f"{prefix}_nn_seconds", scalars[f"{prefix}_nn_phases"]
        ),
        scalars=scalars,
        headings=headings,
        intervals=intervals,
        notes=tuple(notes),
        protocol={
            "distance": config.matching_distance,
            "truth": "phase boundaries; time passes evenly within a phase",
            "pairs": pair_sample.describe(len(pairs), val.num_videos),
            "val_videos": val.num_videos,
            "lower_is_better": True,
        },
    )


def _sums(
    val: Embeddings, pairs: np.ndarray, distance: str
) -> dict[tuple[str, str], np.ndarray]:
    """Returns (method, field of `Errors`) -> [P] sums, NaN if not known."""
    fields = [field.name for field in dataclasses.fields(Errors)]
    sums = {
        (method, name): np.full(len(pairs), np.nan)
        for method in _METHODS
        for name in fields
    }
    places = [positions(labels) for labels in val.frame_labels]
    for place, (i, j) in enumerate(
        progress_bar.track(
            pairs, total=len(pairs), task="alignment error", unit="pairs"
        )
    ):
        for method in _METHODS:
            matches = correspondence.align(
                val.embs[i], val.embs[j], method=method, distance=distance
            )
            errors = compare(matches, places[i], places[j], val.times[j])
            for name in fields:
                if errors.frames:
                    sums[method, name][place] = getattr(errors, name)
    return sums
