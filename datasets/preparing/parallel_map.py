"""A map over videos in several processes, in order and in bounded memory."""

import collections
import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def ordered_map(
    function: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    *,
    num_workers: int,
) -> Iterator[tuple[_Task, Callable[[], _Result]]]:
    """Applies a function to tasks, several at once.

    Only a few results more than there are workers exist at any time, however
    many tasks there are.

    Args:
      function: of a module, not a closure: it is sent to other processes.
        What it imports is imported in each of them, so it should be light.
      tasks: in the order wanted; each must be picklable.
      num_workers: processes; 0 runs in this one.

    Yields:
      (task, result), in the tasks' order. `result()` returns the function's
      result or raises its error.
    """
    if num_workers == 0:
        for task in tasks:
            yield task, lambda task=task: function(task)  # type: ignore[misc]
        return
    # "spawn": TensorFlow's threads do not survive a fork.
    executor = concurrent.futures.ProcessPoolExecutor(
        num_workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
    )
    waiting: collections.deque = collections.deque()
    try:
        for task in tasks:
            waiting.append((task, executor.submit(function, task)))
            if len(waiting) > num_workers + 1:
                done, future = waiting.popleft()
                yield done, future.result
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result
    finally:
        executor.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Makes a worker end when its parent is killed.

    Otherwise it would wait for work for ever: it holds both ends of the pipe
    from which it reads.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
