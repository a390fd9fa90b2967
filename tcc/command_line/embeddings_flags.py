"""Flags of every command that takes one split of embedded videos."""

from absl import flags

EMBEDDINGS = flags.DEFINE_string(
    "embeddings", None, "An .npz file of extract_embeddings; needs no --logdir."
)
SPLIT = flags.DEFINE_string(
    "split", None, "Name of the split; default: the run's val split."
)
