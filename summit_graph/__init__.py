"""What an image classifier has learned, class by class: Summit's attribution graphs in Neo4j.

For Python: ``summit_graph.connect()`` opens the database, ``summit_graph.count()`` counts a model's channels
(see ``summit_graph.api``).
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own takes longer to import than all of this
__version__ = "0.1.0"
__all__ = ["Connection", "InputOptions", "Measuring", "Parameters", "__version__", "connect", "count"]

#: Name -> the module that it is imported from when it is first asked for: the commands do without.
_LAZY = {
    "Connection": "summit_graph.api",
    "InputOptions": "summit_graph.model.sources",
    "Measuring": "summit_graph.workflows.faithfulness",
    "Parameters": "summit_graph.records",
    "connect": "summit_graph.api",
    "count": "summit_graph.api",
}

if TYPE_CHECKING:
    from typing import Any

    from summit_graph.api import Connection, InputOptions, Measuring, Parameters, connect, count


def __getattr__(name: str) -> Any:
    """The names of the Python API, imported when they are first asked for."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
