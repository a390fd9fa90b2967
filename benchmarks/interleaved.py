"""Times several ways of doing one thing, taking turns in one process.

Other programs and the processor's temperature affect a measurement, and change
within minutes. Interleaved runs are affected alike, so that their ratios can be
trusted even where the times cannot.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True)
class Timing:
    """Medians over the rounds.

    Attributes:
        seconds: by the clock.
        cpu_seconds: of all threads of this process; steadier where other
            programs run beside it.
    """

    seconds: float
    cpu_seconds: float


def measure(
    ways: Mapping[str, Callable[[], object]], *, rounds: int
) -> dict[str, Timing]:
    """Runs every way once to warm up, then all of them `rounds` times.

    Args:
        ways: name to what is timed; it must wait for its own result.
        rounds: 1 or more.

    Returns:
        The medians, by name.
    """
    for way in ways.values():
        way()
    found: dict[str, list[Timing]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start, cpu = time.perf_counter(), time.process_time()
            way()
            found[name].append(
                Timing(time.perf_counter() - start, time.process_time() - cpu)
            )
    return {
        name: Timing(
            statistics.median(t.seconds for t in timings),
            statistics.median(t.cpu_seconds for t in timings),
        )
        for name, timings in found.items()
    }
