"""Bounded, ordered prefetch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def in_order_ahead(items: Iterator[T], number: int) -> Iterator[T]:
    """Yield the items in order; the next ``number`` of them are already started."""
    begun: deque[T] = deque()
    for item in items:
        begun.append(item)
        if len(begun) > number:
            yield begun.popleft()
    yield from begun
