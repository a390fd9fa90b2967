"""Flags of every command that aligns videos to a query."""

from absl import flags

QUERY = flags.DEFINE_string("query", "0", "Name or index of the query video.")
OTHERS = flags.DEFINE_list(
    "others",
    None,
    "Names or indices of the videos to align, or 'all'; default: the first 8.",
)
METHOD = flags.DEFINE_enum(
    "method",
    None,
    ["nn", "dtw"],
    "Nearest neighbour of each frame, or dynamic time warping, which never"
    " runs backwards; default: what suits the command.",
)
DISTANCE = flags.DEFINE_enum(
    "distance",
    "sqeuclidean",
    ["sqeuclidean", "cosine"],
    "Distance between embeddings.",
)
