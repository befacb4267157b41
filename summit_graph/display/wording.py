"""Small words of the pages."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """A number with its unit: ``1 row``, ``1,200 rows``."""
    return f"{number:,} {one if number == 1 else many}"
