"""The flag of every command that writes to a place of the user's choice."""

from absl import flags

OUTPUT = flags.DEFINE_string(
    "output", None, "File or folder to write; see above for which."
)
