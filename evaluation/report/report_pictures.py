"""The pictures of a report, from the results of an evaluation."""

import dataclasses

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.report import example_pairs
from tcc.evaluation.report.results import DatasetResult, Evaluation
from tcc.evaluation.statistics import pair_sample
from tcc.evaluation.tasks import kendalls_tau
from tcc.matching import nearest
from tcc.video import prepared
from tcc.visualization import charts, embedding_map, matrices

_MAP_FRAMES = 1500  # of an embedding map; t-SNE of more takes minutes


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture with what a reader must know of it.

    Attributes:
      name: of its file, without ending.
      title: a few words.
      caption: how it was computed, and how it is read.
      pixels: [H, W, 3] uint8.
    """

    name: str
    title: str
    caption: str
    pixels: np.ndarray


def draw(
    evaluation: Evaluation, i: int, *, with_map: bool = True
) -> list[Picture]:
    """Draws the pictures of one data set.

    Args:
      evaluation: with its embeddings.
      i: which of its data sets.
      with_map: also the embedding maps, which take the longest.

    Returns:
      What the results have: pictures of labels need labels, and so on.

    Raises:
      FileNotFoundError: the data set is no longer prepared.
    """
    rows = evaluation.rows(i)
    _, val = evaluation.embeddings[i]
    config = evaluation.config
    names = prepared.open_dataset(val.dataset, config.data.data_dir).phase_names
    found = [
        *_confusion(rows, names, val),
        *_learning_curves(rows),
        *_tau_histogram(rows, val),
    ]
    if val.num_videos > 1 and evaluation.datasets[i].is_fit:
        found += _pairs(rows, val, config)
    if with_map and val.num_frames >= 3:
        found += _maps(val, names)
    return found


def _confusion(
    rows: dict[str, DatasetResult], names: list[str], val: Embeddings
) -> list[Picture]:
    task = next(iter(rows.values())).tasks.get("classification")
    if task is None or "confusion" not in task.arrays:
        return []
    counts = task.arrays["confusion"]
    return [
        Picture(
            "confusion_matrix",
            "Confusion matrix",
            f"{task.protocol['classifier']}, fitted on the labelled frames of"
            " the largest fraction of the training videos; all"
            f" {counts.sum()} labelled frames of {val.split!r}. A row holds"
            " the frames of one phase: their share and their number.",
            charts.confusion_matrix(counts, names=names),
        )
    ]


# Task -> name, title, axes and caption of its curve over labelled videos.
_CURVES = {
    "few_shot_classification": (
        "few_shot_curve",
        "Few-shot classification",
        "accuracy on validation frames",
        "Mean over random choices of labelled training videos"
        " ({episodes} episodes, seed {seed}); bars: 95 % t-interval over the"
        " episodes. {classifier}.",
    ),
    "classification": (
        "label_fraction_curve",
        "Classification by the labels used",
        "accuracy on validation frames",
        "{classifier}, on fractions of the labelled training videos"
        " ({labelled_videos}); bars: 95 % bootstrap interval over the"
        " validation videos.",
    ),
    "event_completion": (
        "progression_curve",
        "Phase progression by the labels used",
        "R^2 on validation frames",
        "{model}, on fractions of the labelled training videos"
        " ({labelled_videos}); bars: 95 % bootstrap interval over the"
        " validation videos. Points below -0.5 are left out.",
    ),
}


def _learning_curves(rows: dict[str, DatasetResult]) -> list[Picture]:
    pictures = []
    for task, (file, title, y_label, caption) in _CURVES.items():
        series: list[charts.Series] = []
        protocol: dict[str, object] = {}
        for name, result in rows.items():
            if task not in result.tasks:
                continue
            curve = result.tasks[task].arrays.get("curve", np.zeros((0, 4)))
            if task == "event_completion":
                curve = curve[curve[:, 1] >= -0.5]
            if curve.size:
                protocol = protocol or result.tasks[task].protocol
                series.append(charts.Series(name, *curve.T))
        if not series:
            continue
        chart = charts.curves(
            series, x_label="labelled training videos", y_label=y_label
        )
        text = caption.format(**protocol)
        pictures.append(Picture(file, title, text, chart))
    return pictures


def _tau_histogram(
    rows: dict[str, DatasetResult], val: Embeddings
) -> list[Picture]:
    values = {}
    protocol: dict[str, object] = {}
    for name, result in rows.items():
        task = result.tasks.get("kendalls_tau")
        if task is not None and val.split in task.arrays:
            values[name] = task.arrays[val.split]
            protocol = protocol or task.protocol
    if not values:
        return []
    return [
        Picture(
            "tau_histogram",
            "Kendall's tau over pairs of videos",
            f"{val.num_videos} videos of {val.split!r},"
            f" {protocol['val_pairs']}; a frame in every {protocol['stride']},"
            f" {protocol['distance']} distance. 1: the nearest neighbours of"
            " a video's frames never run backwards. Frame numbers score high"
            " without seeing anything.",
            charts.histograms(
                values,
                x_label="Kendall's tau of a pair",
                y_label="pairs of videos",
                bounds=(min(-0.5, _lowest(values)), 1.0),
            ),
        )
    ]


def _lowest(values: dict[str, np.ndarray]) -> float:
    finite = np.concatenate([v[np.isfinite(v)] for v in values.values()])
    return float(finite.min()) if finite.size else 0.0


def _pairs(
    rows: dict[str, DatasetResult],
    val: Embeddings,
    config: schema.ExperimentConfig,
) -> list[Picture]:
    """Draws the best, the median and the worst pair of videos."""
    task = next(iter(rows.values())).tasks.get("kendalls_tau")
    if task is not None and val.split in task.arrays:
        taus, pairs = (
            task.arrays[key] for key in (val.split, f"{val.split}_pairs")
        )
    else:
        pairs = pair_sample.choose(val.num_videos, limit=config.eval.max_pairs)
        taus = kendalls_tau.tau_of_pairs(
            val.embs,
            pairs,
            stride=config.eval.kendalls_tau_stride,
            distance=config.eval.kendalls_tau_distance,
        )
    distance = config.eval.kendalls_tau_distance
    chosen = example_pairs.choose(pairs, taus)
    tau_of = dict(zip(map(tuple, pairs.tolist()), taus.tolist(), strict=True))
    frames = example_pairs.Thumbnails(val, chosen, config)
    strips, similarities = [], []
    for kind, (i, j) in chosen.items():
        matches = nearest.nearest(val.embs[i], val.embs[j], distance=distance)
        value = tau_of[i, j]
        tau = "undefined" if np.isnan(value) else f"{value:.3f}"
        of = (
            f"tau {tau} (a frame in every {config.eval.kendalls_tau_stride}),"
            f" the {kind} of {np.isfinite(taus).sum()} valid pairs"
        )
        strips.append(
            Picture(
                f"strip_{kind}",
                f"Nearest neighbours, {kind} pair: {val.names[i]} and"
                f" {val.names[j]}",
                f"{of}. Evenly spaced frames of {val.names[i]}, their nearest"
                f" neighbours ({distance} distance) among all frames of"
                f" {val.names[j]}, and its frames at the same share of its"
                " length.",
                frames.strip(i, j, matches),
            )
        )
        similarities.append(
            Picture(
                f"similarity_{kind}",
                f"Similarity matrix, {kind} pair",
                f"{of}. Distance between every two embedded frames"
                " (Euclidean), relative to the largest; dark is near. Line:"
                f" nearest neighbour of each frame ({distance} distance).",
                matrices.similarity_matrix(
                    val.embs[i],
                    val.embs[j],
                    times_a=_known_times(val, i),
                    times_b=_known_times(val, j),
                    name_a=val.names[i],
                    name_b=val.names[j],
                    path=matches,
                    size=560,
                ),
            )
        )
    return strips + similarities


def _known_times(val: Embeddings, i: int) -> np.ndarray | None:
    return val.times[i] if np.isfinite(val.times[i]).all() else None


def _maps(val: Embeddings, names: list[str]) -> list[Picture]:
    """Draws the frames in two dimensions, by PCA and by t-SNE."""
    lengths = [len(e) for e in val.embs]
    shown, every = embedding_map.choose_frames(lengths, limit=_MAP_FRAMES)
    embs = [e[frames] for e, frames in zip(val.embs, shown, strict=True)]
    if sum(map(len, embs)) < 3:
        return []
    phases: list[str] | None = names
    columns = val.frame_labels
    if not val.is_labelled:
        phases, columns = None, embedding_map.progress(lengths)
    values = [c[frames] for c, frames in zip(columns, shown, strict=True)]
    pictures = []
    for method, words in {"pca": "PCA", "tsne": "t-SNE"}.items():
        count = sum(map(len, embs))
        pictures.append(
            Picture(
                f"map_{method}",
                f"Embedding map, {words}",
                f"{count} frames of {val.num_videos} videos of {val.split!r}"
                f" ({'every frame' if every == 1 else f'1 in {every}'}),"
                f" {words} of {val.num_channels} channels"
                f"{', seed 0' if method == 'tsne' else ''}. The lines follow"
                " two videos from the ring to the cross.",
                embedding_map.draw(
                    embedding_map.project(embs, method=method),
                    values,
                    phase_names=phases,
                    trajectories=range(min(2, val.num_videos)),
                    names=val.names,
                ),
            )
        )
    return pictures
