import os
import signal
import subprocess
import sys
import time

import pytest

from tcc.datasets.preparing import parallel_map


def _square(number):
    if number == 3:
        raise ValueError("three is bad")
    return number * number


def _collect(tasks, num_workers):
    collected = []
    results = parallel_map.ordered_map(_square, tasks, num_workers=num_workers)
    for task, result in results:
        try:
            collected.append((task, result()))
        except ValueError as error:
            collected.append((task, str(error)))
    return collected


@pytest.mark.parametrize("num_workers", [0, 2])
def test_results_come_in_order_and_errors_with_their_task(num_workers):
    expected = [(0, 0), (1, 1), (2, 4), (3, "three is bad"), (4, 16), (5, 25)]
    assert _collect(range(6), num_workers) == expected


def test_tasks_are_taken_only_as_results_are_used():
    taken = []

    def tasks():
        for number in range(100, 200):
            taken.append(number)
            yield number

    results = parallel_map.ordered_map(_square, tasks(), num_workers=1)
    assert next(results)[1]() == 100 * 100
    # One for the worker, one waiting, the one that was returned.
    assert len(taken) == 3
    results.close()


_PARENT = """
import sys, time
from tcc.datasets.preparing import parallel_map

if __name__ == "__main__":
    results = parallel_map.ordered_map(
        __import__("os").getpgid, [0] * 5, num_workers=1
    )
    next(results)[1]()
    import multiprocessing
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(60)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        for _ in range(100):
            try:
                os.kill(worker, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
    pytest.fail(f"The worker {worker} outlived its parent.")
