"""A sign of life from the database, awaited for a limited time."""

from __future__ import annotations

import threading

import pytest
from explorer.pulse import Pulse

from summit_graph.errors import SilentDatabaseError


def test_a_silent_database_is_an_error_and_is_asked_once() -> None:
    """Kind: threads that a frozen server holds. Further pages wait for the same question, not longer."""
    thaw, asked = threading.Event(), []

    def ask() -> None:
        asked.append(1)
        thaw.wait()

    pulse = Pulse(ask, seconds=0.05)
    for _ in range(3):
        with pytest.raises(SilentDatabaseError, match="has not answered"):
            pulse.require()
    assert len(asked) == 1
    thaw.set()


def test_the_error_of_the_database_is_raised() -> None:
    """In the thread that requires an answer, also if it is a timeout of the driver's own."""

    def ask() -> None:
        raise TimeoutError("of the driver")

    with pytest.raises(TimeoutError, match="of the driver"):
        Pulse(ask, seconds=5).require()
