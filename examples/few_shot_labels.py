"""Labels the phases of many videos from the labels of a few.

    python examples/few_shot_labels.py
    python examples/few_shot_labels.py --logdir=tcc_demo/run

Without --logdir it renders pouring videos and trains on them, without labels,
for about a minute. Then it takes the labels of one, two and four held-out
videos, hands them on to the others by alignment, and compares with the truth.
"""

import argparse
import pathlib
import tempfile

import numpy as np

from tcc.applications import clips, label_transfer
from tcc.configs import demo
from tcc.datasets.builders.pouring_synthetic import (
    pouring_synthetic_dataset_builder as builder,
)
from tcc.datasets.preparing import preparation
from tcc.training import loop


def train(folder: pathlib.Path, *, max_steps: int) -> pathlib.Path:
    """Renders videos and trains on them; returns the log folder."""
    videos = builder.PouringSyntheticConfig(
        name="few", num_videos=(("train", 24), ("val", 12)), image_size=64
    )
    preparation.prepare_builder(
        lambda data: builder.PouringSynthetic(data_dir=data, config=videos),
        data_dir=folder / "data",
    )
    config = demo.get_config()
    config.data.data_dir = str(folder / "data")
    config.data.datasets = ("pouring_synthetic/few",)
    config.data.image_size = 64
    config.train.max_steps = max_steps
    config.train.image_interval = 0
    loop.train(config, folder / "run")
    return folder / "run"


def label(
    embs: list[np.ndarray], labels: list[np.ndarray], num_labelled: int
) -> float:
    """Labels all videos from the first ones; returns the share of right ones.

    The labels of the other videos only judge the result.
    """
    shares = [
        label_transfer.accuracy(
            label_transfer.transfer(
                embs[:num_labelled], labels[:num_labelled], video
            ).labels,
            truth,
        )
        for video, truth in zip(
            embs[num_labelled:], labels[num_labelled:], strict=True
        )
    ]
    return float(np.mean(shares))


def main(
    arguments: list[str] | None = None, *, max_steps: int = 200
) -> dict[int, tuple[float, float]]:
    """Labels from 1, 2 and 4 videos.

    Returns:
        For each of these numbers the share of right labels, and what it would
        be if all videos just ran at an even speed.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--logdir")
    logdir = parser.parse_args(arguments).logdir
    with tempfile.TemporaryDirectory() as folder:
        if not logdir:
            logdir = train(pathlib.Path(folder), max_steps=max_steps)
        videos = clips.from_dataset(logdir, split="val")
    embs, labels = videos.embeddings.embs, videos.embeddings.frame_labels
    times = [np.linspace(0, 1, len(video))[:, np.newaxis] for video in embs]
    found = {}
    for count in (1, 2, 4):
        found[count] = label(embs, labels, count), label(times, labels, count)
        print(
            f"labels of {count}: {found[count][0]:.1%} of the other frames "
            f"right, {found[count][1]:.1%} by time alone"
        )
    return found


if __name__ == "__main__":
    main()
