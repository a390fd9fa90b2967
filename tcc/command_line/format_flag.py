"""The flag of every command that writes one of several formats."""

from collections.abc import Sequence

from absl import flags

FORMAT = flags.DEFINE_string(
    "format", None, "What to write; see above for which."
)


def check(choices: Sequence[str]) -> None:
    """Refuses a format that the command does not write.

    Raises:
      ValueError: --format is given, and none of `choices`.
    """
    if FORMAT.value is not None and FORMAT.value not in choices:
        raise ValueError(
            f"--format must be one of {', '.join(choices)}. "
            f"Received: {FORMAT.value!r}"
        )
