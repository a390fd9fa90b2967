"""The loss of Temporal Cycle-Consistency learning, on embeddings alone.

Needs TensorFlow and nothing else of this project:

    from tcc import alignment

    loss = alignment.compute_alignment_loss(embs, batch_size=8)

where `embs` [8, T, D] are the embeddings of T steps of each of 8 videos. For
`model.compile` there is `tcc.alignment.keras_loss.AlignmentLoss`.

Paper: Dwibedi, Aytar, Tompson, Sermanet, Zisserman, "Temporal
Cycle-Consistency Learning", CVPR 2019, section 3.
"""

from tcc.alignment import deterministic, losses, similarity, stochastic
from tcc.alignment.alignment import compute_alignment_loss

__all__ = [
    "compute_alignment_loss",
    "deterministic",
    "losses",
    "similarity",
    "stochastic",
]
