"""Compares a data set's videos to those that its authors counted."""

from collections.abc import Mapping


def compare(
    counts: Mapping[str, int], expected: Mapping[str, int], *, what: str = ""
) -> dict[str, str]:
    """Says where numbers of videos differ; a difference is not an error.

    Args:
      counts: videos found, by split.
      expected: videos in the publication, by split. Splits that were not
        found are not compared.
      what: of which part the counts are, such as an action.

    Returns:
      {what and split: remark} for each difference.
    """
    return {
        f"{what} {split}".strip(): (
            f"{counts[split]} videos; the publication has {expected[split]}."
        )
        for split in counts
        if split in expected and counts[split] != expected[split]
    }
