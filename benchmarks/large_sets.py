"""What evaluation takes on many clips, and warping on long ones.

    python benchmarks/large_sets.py
    python benchmarks/large_sets.py --tasks kendalls_tau --videos 300 600

Clips of 20 to 60 frames and 128 channels, that many for training and a quarter
of them for validation. A task is timed with the default settings, which take a
sample above a limit; and, up to `--all_up_to` training videos, on all there is,
which is what it did before there were limits.

Two videos of `--frames` are aligned by the library's whole matrix and in
blocks, each in a process of its own, whose memory above that of the embeddings
is shown (Linux only). CPU seconds tell more than seconds where other programs
run.
"""

import argparse
import multiprocessing
import pathlib
import re
import time

import numpy as np

from tcc.configs import schema
from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.tasks import registry
from tcc.matching import correspondence

_NO_LIMIT = 1 << 40


def make_clips(count: int, split: str) -> Embeddings:
    """Returns noisy clips along one curve, in four phases."""
    rng = np.random.default_rng(count)
    course = np.cumsum(np.random.default_rng(0).normal(size=(60, 128)), axis=0)
    embs, labels = [], []
    for _ in range(count):
        length = int(rng.integers(20, 61))
        pace = np.sort(rng.integers(0, 60, length))
        noise = rng.normal(scale=5, size=(length, 128))
        embs.append((course[pace] + noise).astype(np.float32))
        labels.append(pace // 15)
    lengths = [len(video) for video in embs]
    return Embeddings(
        embs=embs,
        names=[f"{split}_{i}" for i in range(count)],
        steps=[np.arange(n) for n in lengths],
        frame_labels=labels,
        times=[np.arange(n) / 25 for n in lengths],
        fps=np.full(count, 25.0),
        seq_lens=np.array(lengths),
        actions=np.full(count, -1),
        dataset="clips",
        split=split,
    )


def time_task(name: str, count: int, config: schema.EvalConfig) -> str:
    """Returns the seconds of a task, CPU seconds, score and interval."""
    train, val = make_clips(count, "train"), make_clips(count // 4, "val")
    start, cpu_start = time.perf_counter(), time.process_time()
    result = registry.TASKS[name](train, val, config)
    seconds = time.perf_counter() - start
    cpu = time.process_time() - cpu_start
    tag = next(t for t, v in result.scalars.items() if v == result.score)
    low, high = result.intervals.get(tag, (float("nan"),) * 2)
    shown = f"{seconds:7.1f} s {cpu:7.1f} CPU s"
    return f"{shown}   {result.score:.4f} [{low:.4f}, {high:.4f}]"


def _align(frames: int, cells: int, results: multiprocessing.Queue) -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(frames, 128)), axis=0)
    pace = np.sort(rng.integers(0, frames, frames))
    other = walk[pace] + rng.normal(scale=3, size=walk.shape)
    correspondence.align(walk[:9], other[:9], method="dtw")  # imports
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    before = _peak()
    correspondence._MAX_CELLS = cells
    start = time.process_time()
    found = correspondence.align(walk, other, method="dtw")
    seconds = time.process_time() - start
    results.put((seconds, _peak() - before, found))


def _peak() -> float:
    """Returns the most memory the process has held, MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1e3 if found else float("nan")


def time_warping(frames: int, cells: int) -> tuple[float, float, np.ndarray]:
    """Returns CPU seconds, MB above the embeddings, and the partners.

    Args:
      frames: of both videos.
      cells: of the largest matrix that the library gets.
    """
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=_align, args=(frames, cells, results))
    child.start()
    found = results.get()
    child.join()
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tasks",
        nargs="*",
        default=["kendalls_tau", "cycle_consistency", "frame_retrieval"],
    )
    parser.add_argument("--videos", type=int, nargs="+", default=[600, 2400])
    parser.add_argument("--all_up_to", type=int, default=600)
    parser.add_argument("--frames", type=int, nargs="*", default=[6000, 36000])
    parser.add_argument("--library_up_to", type=int, default=6000)
    args = parser.parse_args()
    everything = schema.EvalConfig(
        max_pairs=_NO_LIMIT,
        retrieval_max_queries=_NO_LIMIT,
        classification_max_frames=_NO_LIMIT,
    )
    for name in args.tasks:
        for count in args.videos:
            sizes = f"{name}, {count} + {count // 4} videos"
            print(sizes, "limits ", time_task(name, count, schema.EvalConfig()))
            if count <= args.all_up_to:
                print(sizes, "all    ", time_task(name, count, everything))
    for frames in args.frames:
        seconds, memory, found = time_warping(frames, 0)
        print(
            f"DTW, {frames} frames, blocks  {seconds:6.1f} CPU s"
            f" {memory:6.0f} MB"
        )
        if frames <= args.library_up_to:
            seconds, memory, whole = time_warping(frames, _NO_LIMIT)
            print(
                f"DTW, {frames} frames, library {seconds:6.1f} CPU s"
                f" {memory:6.0f} MB, equal: {(whole == found).mean():.2%}"
            )


if __name__ == "__main__":
    main()
