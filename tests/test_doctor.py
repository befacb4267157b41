"""What ``doctor`` says of an environment without a database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from summit_graph.settings import DatabaseSettings
from summit_graph.store.server.files import ServerFiles
from summit_graph.workflows.doctor import _check_java, _check_weights, check_environment
from tests.graph.test_local_server import held_elsewhere


def test_a_lock_is_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that an interrupted download left says nothing of weights."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "torchvision.lock").touch()
    assert _check_weights().state == "note"
    (tmp_path / "weights" / "bvlc.onnx").touch()
    assert _check_weights().found == "downloaded: bvlc.onnx"


def test_jars_that_a_first_start_downloads_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the first start would fail (what fails late is checked first)."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(tmp_path))
    check = _check_java()
    assert (check.state, "SUMMIT_GRAPH_MAVEN_URL" in check.remedy) == ("note", True)


@pytest.mark.skipif(os.name == "nt", reason="a Windows folder cannot have the character that separates jars")
def test_a_folder_that_java_cannot_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a start fails on it (what fails late is checked first)."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(tmp_path / "a:b"))
    assert _check_java().state == "failed"


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_a_database_that_is_held_elsewhere_is_one_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other checks are made all the same, and it says who holds it."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    with held_elsewhere(ServerFiles(tmp_path / "neo4j")):
        checks = {check.name: check for check in check_environment(DatabaseSettings())}
    assert {"disk", "java", "weights"} < checks.keys()
    assert checks["database"].state == "failed"
    assert "process 17 on host-a" in checks["database"].found
