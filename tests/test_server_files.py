"""The environment of the local server."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.store.server.files import ServerFiles, java_environment


@pytest.mark.parametrize(
    "name", ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_HOME", "NEO4J_AUTH"]
)
def test_variables_of_other_installations_do_not_reach_the_server(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example a heap size for all Java programs; variables unrelated to Java are kept."""
    monkeypatch.setenv(name, "-Xmx16m")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = java_environment(ServerFiles(tmp_path))
    assert name not in environment
    assert environment["LANG"] == "C.UTF-8"
