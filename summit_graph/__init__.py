"""What an image classifier has learned, class by class: Summit's attribution graphs in Neo4j.

``summit_graph.connect()`` is the door for Python (see ``summit_graph.api``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Connection", "__version__", "connect"]

if TYPE_CHECKING:
    from summit_graph.api import Connection, connect


def __getattr__(name: str) -> Any:
    """``connect`` and ``Connection``, imported when they are first asked for: the commands do without."""
    if name in ("connect", "Connection"):
        from summit_graph import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
