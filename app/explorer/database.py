"""The explorer's database connection, shared by all sessions and by the picture routes."""

from __future__ import annotations

from threading import Lock

from summit_graph.views.opening import OpenDatabase, open_for_reading

#: How long answers are cached: re-ranking a class keeps its id and so the network's version.
KEPT_SECONDS = 60

_lock = Lock()
_opened: OpenDatabase | None = None


def is_open() -> bool:
    """Whether the database is open already."""
    return _opened is not None


def opened() -> OpenDatabase:
    """The database, opened once; DatabaseError if it does not answer."""
    global _opened
    with _lock:
        if _opened is None:
            _opened = open_for_reading()
        return _opened


def forget(found: OpenDatabase) -> None:
    """Reopen the database at the next query, because it may have moved; a newer connection is kept."""
    global _opened
    with _lock:
        if found is _opened:
            found.close()
            _opened = None
