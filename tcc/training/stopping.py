"""Ending a run early: asked for by a signal, agreed on by all workers."""

import signal
from types import FrameType
from typing import Any

import tensorflow as tf
from absl import logging

from tcc.training import strategies


class StopOnSignal:
    """Turns Ctrl-C and SIGTERM into a request to stop at the next step.

    A second Ctrl-C stops at once. In a thread other than the main one, where
    Python allows no handlers, signals keep the handlers that they have.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                before = signal.signal(number, self._request)
            except ValueError:  # not the main thread
                return
            # None: set by a library in C, which Python cannot set again.
            self._before[number] = signal.SIG_DFL if before is None else before

    def __exit__(self, *unused_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _request(self, number: int, unused_frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        name = signal.Signals(number).name
        logging.warning("%s: saving at the next step, then stopping.", name)


class StopVote:
    """Whether any of the workers wants to stop, known to all of them.

    A step needs all workers. One that stopped alone, as SIGTERM on its machine
    asks for, would leave the others waiting.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._is_alone = not strategies.is_one_of_many(strategy)
        self._count = tf.function(
            lambda wish: strategy.reduce(
                "SUM", strategy.run(tf.identity, args=(wish,)), axis=None
            )
        )

    def passes(self, wish: bool) -> bool:
        """Returns whether to stop; all workers must ask together."""
        if self._is_alone:
            return wish
        return bool(self._count(tf.constant(wish, tf.float32)) > 0)
