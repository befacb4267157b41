"""The explorer's database connection, shared by all sessions and by the picture routes."""

from __future__ import annotations

from threading import Lock

from explorer.pulse import Pulse
from summit_graph.settings import DatabaseSettings
from summit_graph.views.opening import OpenDatabase, open_for_reading

#: How long answers are cached: re-ranking a class keeps its id and so the network's version.
KEPT_SECONDS = 60
#: How long a page waits for a sign of life from the database.
ANSWER_SECONDS = 4

_lock = Lock()
_opened: OpenDatabase | None = None
_pulse: Pulse | None = None


def is_open() -> bool:
    """Whether the database is open already."""
    return _opened is not None


def opened() -> OpenDatabase:
    """The database, opened once; DatabaseError if it does not answer."""
    global _opened, _pulse
    with _lock:
        if _opened is None:
            _opened = open_for_reading()
            _pulse = Pulse(_opened.verify, seconds=ANSWER_SECONDS)
        return _opened


def require_answer() -> None:
    """Raise DatabaseError unless the database answers soon; opens it if necessary."""
    found = opened()
    pulse = _pulse
    if pulse is not None:
        with found.plain_errors():
            pulse.require()


def may_return() -> bool:
    """Whether a database that is gone may answer again without a command of this program."""
    return is_open() or DatabaseSettings().uri is not None


def forget(found: OpenDatabase) -> None:
    """Reopen the database at the next query, because it may have moved; a newer connection is kept."""
    global _opened, _pulse
    with _lock:
        if found is _opened:
            found.close()
            _opened = _pulse = None
