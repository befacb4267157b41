"""The environment of the local server."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.store.server.files import ServerFiles, java_environment
from summit_graph.store.server.written_classes import WrittenClasses


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


def test_the_record_of_written_classes(tmp_path: Path) -> None:
    """Missing are the ones that the database lacks or has in an older state; a damaged line is left out."""
    record = WrittenClasses(tmp_path / "classes.jsonl")
    assert record.missing({}) == []
    for at, name in enumerate(("bear", "lion", "ox", "bear")):
        record.add("zoo", name, at)
    record.add("farm", "cow", 9)
    record.drop("zoo", "lion")
    record.drop("farm")
    with record.file.open("a") as file:
        file.write('["zoo", "ele')
    assert record.missing({("zoo", "bear"): 3, ("zoo", "ox"): 2}) == []
    assert record.missing({("zoo", "bear"): 0}) == ["zoo/bear", "zoo/ox"]
    record.replace({("zoo", "bear"): 0})
    assert record.missing({("zoo", "bear"): 0}) == []
