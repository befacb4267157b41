"""Exclusive file lock that fails immediately instead of waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from summit_graph.errors import SummitGraphError


@contextmanager
def exclusive_lock(lock: Path, *, otherwise: str) -> Iterator[None]:
    """Hold an exclusive lock on a file; the file and its folder are created if missing.

    Raises:
        SummitGraphError: another process holds it; ``otherwise`` is the message.
    """
    from filelock import FileLock, Timeout  # which imports asyncio

    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(lock).acquire(timeout=0)
    except Timeout:
        raise SummitGraphError(otherwise) from None
    with held:
        yield
