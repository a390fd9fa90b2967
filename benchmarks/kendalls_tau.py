"""Kendall's tau of all pairs of videos: ours beside cdist and SciPy.

    python benchmarks/kendalls_tau.py

The straightforward version does what the original does: for every ordered
pair of videos `cdist`, `argmin` and `scipy.stats.kendalltau`. Both run in
turns in one process, on the same embeddings, and must give the same values.
"""

import argparse
import statistics
import time

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import kendalltau

from tcc.evaluation.tasks import kendalls_tau


def make_embeddings(
    num_videos: int, num_frames: int, num_channels: int
) -> list[np.ndarray]:
    """Returns noisy walks along one curve, so that tau is not trivial."""
    rng = np.random.default_rng(0)
    curve = np.cumsum(rng.normal(size=(num_frames, num_channels)), axis=0)
    embs = []
    for _ in range(num_videos):
        pace = np.sort(rng.integers(0, num_frames, num_frames))
        noise = rng.normal(scale=3, size=curve.shape)
        embs.append((curve[pace] + noise).astype(np.float32))
    return embs


def straightforward_tau(
    embs: list[np.ndarray], *, stride: int, distance: str
) -> np.ndarray:
    """Returns tau of every ordered pair [V, V], one pair at a time."""
    taus = np.full((len(embs), len(embs)), np.nan)
    for i in range(len(embs)):
        query = embs[i][::stride]
        for j in range(len(embs)):
            if i != j:
                distances = cdist(query, embs[j][::stride], distance)
                neighbors = np.argmin(distances, axis=1)
                taus[i, j] = kendalltau(np.arange(len(query)), neighbors)[0]
    return taus


def main() -> None:
    """Measures and prints medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=100)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--channels", type=int, default=128)
    parser.add_argument("--strides", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--distance", default="sqeuclidean")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    embs = make_embeddings(args.videos, args.frames, args.channels)
    print(
        f"{args.videos} videos x {args.frames} frames x {args.channels}"
        f" channels, {args.distance}, {args.rounds} rounds in turns"
    )
    versions = (straightforward_tau, kendalls_tau.pairwise_tau)
    for stride in args.strides:
        seconds: dict[str, list[float]] = {f.__name__: [] for f in versions}
        for _ in range(args.rounds):
            taus = []
            for function in versions:
                start = time.perf_counter()
                taus.append(
                    function(embs, stride=stride, distance=args.distance)
                )
                seconds[function.__name__].append(time.perf_counter() - start)
            np.testing.assert_allclose(taus[1], taus[0], rtol=1e-12)
        medians = [statistics.median(s) for s in seconds.values()]
        for name, median in zip(seconds, medians, strict=True):
            print(f"stride {stride}  {name:20s} median {median:7.3f} s")
        print(
            f"stride {stride}  ratio {medians[0] / medians[1]:.1f}"
            f"  (mean tau {np.nanmean(taus[1]):.4f}, equal to 1e-12)"
        )


if __name__ == "__main__":
    main()
