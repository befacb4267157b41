"""The container starts what the command starts."""

from __future__ import annotations

import json
import re
from pathlib import Path

from summit_graph import explorer
from summit_graph.settings import PACKAGE


def test_the_container_serves_what_explore_serves() -> None:
    """Both run the same file of ``app/``."""
    dockerfile = (PACKAGE.parent / "docker" / "Dockerfile").read_text("utf-8")
    command = re.search(r"^CMD (\[.*\])", dockerfile.replace("\\\n", ""), re.MULTILINE)
    assert command is not None
    [served] = [Path(word).name for word in json.loads(command[1]) if word.endswith(".py")]
    [explored] = [Path(word).name for word in explorer._command(8501, False) if word.endswith(".py")]
    assert served == explored
