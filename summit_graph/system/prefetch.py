"""Bounded, ordered prefetch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def prefetch(items: Iterator[T], number: int) -> Iterator[T]:
    """Yield the items in order; the next ``number`` of them are already started."""
    started: deque[T] = deque()
    for item in items:
        started.append(item)
        if len(started) > number:
            yield started.popleft()
    yield from started
