"""Whether a database answers soon. The driver itself waits for a frozen server without a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from summit_graph.errors import SilentDatabaseError
from summit_graph.system.background import has_ended, in_background


class Pulse:
    """Asks a database for a sign of life: one question at a time, however many pages wait for its answer.

    Args:
        ask: returns when the database answers; raises its error.
        seconds: the longest time to wait.
    """

    def __init__(self, ask: Callable[[], None], *, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = Lock()
        self._answer: Future[None] = Future()
        self._answer.set_result(None)
        self._asked_at = 0.0

    def require(self) -> None:
        """Return if the database answers.

        Raises:
            SilentDatabaseError: it does not answer in time.
            Exception: what ``ask`` raises.
        """
        answer, asked_at = self._question()
        if not has_ended(answer, asked_at + self._seconds - time.monotonic()):
            raise SilentDatabaseError(
                f"the database has not answered for {self._seconds:g} s: it is stopped, busy or out of reach"
            )
        answer.result()

    def _question(self) -> tuple[Future[None], float]:
        """The open question, or a new one."""
        with self._lock:
            if self._answer.done():
                self._answer, self._asked_at = in_background(self._ask), time.monotonic()
            return self._answer, self._asked_at
