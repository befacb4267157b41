"""Runs the notebooks of ``examples/``."""

from __future__ import annotations

import json
from typing import Any

from summit_graph.settings import PACKAGE


def run_notebook(file: str) -> dict[str, Any]:
    """Run every cell of code; returns the variables."""
    notebook = json.loads((PACKAGE.parent / "examples" / file).read_text("utf-8"))
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), file, "exec"), names)
    return names
