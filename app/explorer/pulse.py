"""Whether a database answers soon. The driver itself waits for a frozen server without a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread

from summit_graph.errors import SilentDatabaseError


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
        try:
            answer.result(max(0.0, asked_at + self._seconds - time.monotonic()))
        except TimeoutError:
            if answer.done():
                raise  # the driver's own error
            raise SilentDatabaseError(
                f"the database has not answered for {self._seconds:g} s: it is stopped, busy or out of reach"
            ) from None

    def _question(self) -> tuple[Future[None], float]:
        """The open question, or a new one."""
        with self._lock:
            if self._answer.done():
                self._answer, self._asked_at = Future(), time.monotonic()
                Thread(target=self._run, args=(self._answer,), daemon=True).start()
            return self._answer, self._asked_at

    def _run(self, answer: Future[None]) -> None:
        try:
            self._ask()
        except BaseException as error:  # is raised again where the answer is read
            answer.set_exception(error)
        else:
            answer.set_result(None)
