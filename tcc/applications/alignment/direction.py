"""Which videos do not run the way of the query.

An embedding can match the frames of an action that runs backwards; its cycles
return as well. Time warping keeps the order of time, so it gives such a video
an alignment, too: one that joins the first frame with the first all the same.
"""

import numpy as np

from tcc.evaluation.embedding.embeddings import Embeddings
from tcc.evaluation.tasks import kendalls_tau
from tcc.matching import nearest

_FORWARDS = 0.3  # Kendall's tau, from which on a video runs the query's way


def find_unlike(
    embeddings: Embeddings, *, distance: str = "sqeuclidean"
) -> dict[str, float]:
    """Finds videos whose matches do not come in the order of the query.

    Args:
      embeddings: of the query, then of the others.
      distance: "sqeuclidean" or "cosine".

    Returns:
      name -> Kendall's tau of the nearest neighbours of the query's frames,
      of the videos where it is below 0.3: about -1 runs backwards, about 0 is
      something else, NaN has one nearest neighbour for all frames.

    Raises:
      ValueError: an unknown distance.
    """
    query, *others = embeddings.embs
    found = {}
    for name, embs in zip(embeddings.names[1:], others, strict=True):
        matches = nearest.nearest(query, embs, distance=distance)
        (tau,) = kendalls_tau.tau_b(matches[np.newaxis])
        if not tau >= _FORWARDS:
            found[name] = float(tau)
    return found


def describe(found: dict[str, float]) -> str:
    """Says for people what `find_unlike` found, a line for each video."""
    lines = []
    for name, tau in found.items():
        seems = "seems to run backwards" if tau < -_FORWARDS else "is unlike it"
        lines.append(
            f"{name} {seems}: the frames that match the query's do not come in "
            f"its order (Kendall's tau {tau:.2f}). Do not trust its alignment; "
            "leave it out, or choose another --query."
        )
    return "\n".join(lines)
