"""What the local server runs with."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.store.server.files import ServerFiles, java_environment


@pytest.mark.parametrize(
    "name", ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_HOME", "NEO4J_AUTH"]
)
def test_other_installations_variables_do_not_reach_the_server(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a heap that is set for every Java program; what is of no Java stays."""
    monkeypatch.setenv(name, "-Xmx16m")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = java_environment(ServerFiles(tmp_path))
    assert name not in environment
    assert environment["LANG"] == "C.UTF-8"
