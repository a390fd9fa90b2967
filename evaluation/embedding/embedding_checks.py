"""Whether embeddings are fit for evaluation at all.

A collapsed model gives (nearly) the same vector for every frame. Scores on
such vectors are rounding noise that can look good, so the state of the
embeddings is reported before any score.
"""

import dataclasses

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings

# Below this spread, relative to the size of the vectors, a video counts as
# constant: rounding of float32 networks is near 1e-6, networks with random
# weights have a spread of some 1e-2.
CONSTANT_SPREAD = 1e-3


@dataclasses.dataclass(frozen=True)
class Health:
    """The state of the embeddings of a split.

    Attributes:
      status: "ok", "partly collapsed", "collapsed" or "not finite".
      spread: median over videos of `relative_spread`.
      constant_videos: videos whose frames all have nearly one vector.
      num_videos: videos of more than one frame, which alone can be judged.
      untrained: the model has made no training step.
    """

    status: str
    spread: float
    constant_videos: int
    num_videos: int
    untrained: bool

    def describe(self) -> str:
        """Returns a sentence for tables, "" when all is well."""
        sentences = []
        if self.untrained:
            sentences.append("UNTRAINED: the network is at step 0.")
        if self.status == "not finite":
            sentences.append("NOT FINITE: embeddings hold NaN or infinity.")
        elif self.status != "ok":
            sentences.append(
                f"{self.status.upper()}: {self.constant_videos} of"
                f" {self.num_videos} videos have nearly one vector for all"
                " their frames (relative spread below"
                f" {CONSTANT_SPREAD:g}); scores say nothing about them."
            )
        return " ".join(sentences)


def relative_spread(embs: np.ndarray) -> float:
    """Returns how far the frames of a video are apart, relative to their size.

    sqrt(mean_t |e_t - mean e|^2 / mean_t |e_t|^2): 0 for a constant video, 1
    for vectors without a common part.

    Args:
      embs: [L, D] float, finite.
    """
    rows = embs.astype(np.float64)
    size = np.abs(rows).max()
    if size == 0:
        return 0.0
    rows /= size  # squares stay in range
    total = np.square(rows).sum(axis=1).mean()
    spread = np.square(rows - rows.mean(axis=0)).sum(axis=1).mean()
    return float(np.sqrt(spread / total))


def check(embeddings: Embeddings) -> Health:
    """Returns the state of the embeddings of a split.

    Collapsed: half of the videos or more are constant. Videos of a single
    frame are left out.

    Args:
      embeddings: the embeddings of one split.
    """
    untrained = embeddings.step == 0
    videos = [embs for embs in embeddings.embs if len(embs) > 1]
    if not all(np.isfinite(embs).all() for embs in embeddings.embs):
        return Health("not finite", float("nan"), 0, len(videos), untrained)
    if not videos:
        return Health("ok", float("nan"), 0, 0, untrained)
    spreads = np.array([relative_spread(embs) for embs in videos])
    constant = int((spreads < CONSTANT_SPREAD).sum())
    status = "ok"
    if constant:
        status = "partly collapsed"
    if 2 * constant >= len(videos):
        status = "collapsed"
    return Health(
        status, float(np.median(spreads)), constant, len(videos), untrained
    )
