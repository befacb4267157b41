"""The one open database of the explorer, shared by all sessions and by the pictures' addresses."""

from __future__ import annotations

from threading import Lock

from summit_graph.views.opening import OpenDatabase, open_for_reading

#: For how long answers are kept: a class that is ranked anew keeps its id, and so its network's version.
KEPT_SECONDS = 60

_lock = Lock()
_opened: OpenDatabase | None = None


def is_open() -> bool:
    """Whether a question can be asked without waiting for the database to come up."""
    return _opened is not None


def opened() -> OpenDatabase:
    """The database, opened once; DatabaseError where nobody answers."""
    global _opened
    with _lock:
        if _opened is None:
            _opened = open_for_reading()
        return _opened


def forget(found: OpenDatabase) -> None:
    """Open the database anew at the next question: it may have moved. Another one, opened since, stays."""
    global _opened
    with _lock:
        if found is _opened:
            found.close()
            _opened = None
