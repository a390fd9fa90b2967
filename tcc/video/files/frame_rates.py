"""Lower frame rates, by true timestamps."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")

_ROUNDING = 1e-6  # seconds; less than any two frames are apart


def nearest_frames(
    frames: Iterable[tuple[float, _Item]], fps: float
) -> Iterator[tuple[float, _Item]]:
    """Thins frames out to those nearest to a regular beat.

    Args:
      frames: (timestamp in seconds, frame), in order of time from 0.
      fps: beats per second.

    Yields:
      Of `frames` those that are nearest to a multiple of 1/fps; of two
      equally near the earlier one.

    Raises:
      ValueError: when fps is not positive.
    """
    if not fps > 0:
        raise ValueError(f"fps must be positive. Received: {fps}.")
    beat = 0
    last: tuple[float, _Item] | None = None
    interval = 1 / fps
    for current in frames:
        if last is not None:
            interval = current[0] - last[0]
            if beat / fps <= last[0] + interval / 2 + _ROUNDING:
                yield last
                # The first beat beyond the middle is the next frame's.
                beat = int((last[0] + interval / 2 + _ROUNDING) * fps) + 1
        last = current
    # The last frame has as much time to itself as the one before it.
    if last is not None and beat / fps <= last[0] + interval / 2 + _ROUNDING:
        yield last
