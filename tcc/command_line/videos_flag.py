"""The flag of every command that reads video files."""

from absl import flags

VIDEOS = flags.DEFINE_string(
    "videos",
    None,
    "A folder of videos (for prepare also one of train/ and val/), or, but for "
    "prepare, a pattern in quotes: 'clips/*.mp4'.",
)
