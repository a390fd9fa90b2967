"""Embeddings that the tests of this folder share."""

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings
from tests import golden_values


def make_embeddings(
    embs: list[np.ndarray],
    labels: list[np.ndarray] | None = None,
    *,
    split: str = "val",
    step: int = 100,
) -> Embeddings:
    lengths = [len(e) for e in embs]
    if labels is None:
        labels = [np.full(n, -1, np.int64) for n in lengths]
    return Embeddings(
        embs=[np.asarray(e, np.float32) for e in embs],
        names=[f"{split}_{i}" for i in range(len(embs))],
        steps=[np.arange(n, dtype=np.int64) for n in lengths],
        frame_labels=[np.asarray(v, np.int64) for v in labels],
        times=[np.arange(n) / 30.0 for n in lengths],
        fps=np.full(len(embs), 30.0),
        seq_lens=np.array(lengths, np.int64),
        actions=np.full(len(embs), -1, np.int64),
        dataset="pouring",
        split=split,
        step=step,
    )


def split_rows(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    return np.split(rows, np.cumsum(lengths)[:-1])


def golden_embeddings() -> list[Embeddings]:
    """Training and validation videos of the golden case tasks/0."""
    golden = golden_values.load("tasks/0")
    return [
        make_embeddings(
            split_rows(golden[f"{split}_embs"], golden[f"{split}_lens"]),
            split_rows(golden[f"{split}_labels"], golden[f"{split}_lens"]),
            split=split,
        )
        for split in ("train", "val")
    ]
