"""Area under ROC of anomaly detection on rendered anomalies.

    python benchmarks/anomaly_detection.py --logdir=tcc_demo/run

Normal: the first references of the run's training split. Tested: videos that
were rendered with another seed, each normal and with every anomaly.
Frames count as anomalous from the anomaly's beginning to the end of the video.
"""

import argparse
import dataclasses
import itertools

import numpy as np
from sklearn import metrics

from tcc.applications import anomaly, clips
from tcc.datasets.pouring_synthetic import anomalies, rendering, world
from tcc.video import prepared

_SEED = 1000  # of no data set


def main() -> None:
    """Renders, embeds, scores and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--logdir", required=True)
    parser.add_argument("--checkpoint")
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--references", type=int, default=24)
    parser.add_argument("--method", default="dtw")
    parser.add_argument("--window", type=int, default=5)
    arguments = parser.parse_args()
    train = clips.from_dataset(
        arguments.logdir, arguments.checkpoint, split="train"
    )
    detector = anomaly.fit(
        train.embeddings.embs[: arguments.references],
        anomaly.Settings(method=arguments.method, window=arguments.window),
    )
    sources = [
        rendering.RenderingSource("test", i, world.EASY, 112, _SEED)
        for i in range(arguments.videos)
    ]
    normal = [rendering.make_video(source) for source in sources]
    scored = {"normal": _score(normal, detector, arguments)}
    truth = {"normal": [np.zeros(len(v.jpegs), bool) for v in normal]}
    for kind in anomalies.KINDS:
        made = [anomalies.make_video(source, kind) for source in sources]
        scored[kind] = _score([v for v, _ in made], detector, arguments)
        truth[kind] = [since for _, since in made]
    print(
        f"{arguments.videos} videos of each kind, {arguments.references}"
        f" references, {arguments.method}; threshold {detector.threshold:.2f}"
    )
    print(f"{'kind':16} AUROC frames   AUROC videos   frames above threshold")
    for kind in anomalies.KINDS:
        frames = _auc(
            [*truth["normal"], *truth[kind]],
            [s.scores for s in scored["normal"] + scored[kind]],
        )
        whole = metrics.roc_auc_score(
            [0] * len(normal) + [1] * len(scored[kind]),
            [
                anomaly.video_score(s.scores)
                for s in scored["normal"] + scored[kind]
            ],
        )
        above = np.concatenate([s.is_anomalous for s in scored[kind]])
        share = above[np.concatenate(truth[kind])].mean()
        print(f"{kind:16} {frames:12.3f}   {whole:12.3f}   {share:10.1%}")
    quiet = np.concatenate([s.is_anomalous for s in scored["normal"]]).mean()
    print(f"{'normal':16} {'':12}   {'':12}   {quiet:10.1%}")


def _score(records, detector, arguments) -> list[anomaly.Scores]:
    fields = {field.name for field in dataclasses.fields(prepared.Video)}
    videos = [
        prepared.Video(**{k: v for k, v in vars(r).items() if k in fields})
        for r in records
    ]
    found = clips.from_videos(videos, arguments.logdir, arguments.checkpoint)
    return [anomaly.score(embs, detector) for embs in found.embeddings.embs]


def _auc(truth: list[np.ndarray], scores: list[np.ndarray]) -> float:
    flat = itertools.chain.from_iterable
    return float(metrics.roc_auc_score(list(flat(truth)), list(flat(scores))))


if __name__ == "__main__":
    main()
