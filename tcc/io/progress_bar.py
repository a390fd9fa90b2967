"""Shows how far a long computation has come."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import tqdm

_Item = TypeVar("_Item")

_DELAY = 2.0  # seconds; what takes less shows no bar
_INTERVAL = 30.0  # seconds between two lines where there is no terminal


def track(
    items: Iterable[_Item], *, total: int, task: str, unit: str
) -> Iterator[_Item]:
    """Yields items and shows on stderr how many are done.

    A terminal gets a bar. A file or a pipe gets a line every 30 seconds, so
    that the log of a long run shows that it is alive.

    Args:
      items: what is worked on, one at a time.
      total: their number.
      task: what is done, for people, such as "Kendall's tau of 'val'".
      unit: what the items are, in the plural.

    Yields:
      The items.
    """
    if sys.stderr.isatty():
        yield from tqdm.tqdm(
            items,
            total=total,
            desc=task,
            unit=f" {unit}",
            delay=_DELAY,
            leave=False,
        )
        return
    start = reported = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - reported >= _INTERVAL:
            left = (now - start) / done * (total - done)
            print(
                f"{task}: {done:,} of {total:,} {unit}, about {left:.0f} s"
                " left",
                file=sys.stderr,
                flush=True,
            )
            reported = now
        yield item
