"""The checks of ``doctor`` without a database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from summit_graph.settings import DatabaseSettings
from summit_graph.store.server.files import ServerFiles
from summit_graph.workflows.doctor import Check, check_environment
from tests.graph.test_local_server import held_elsewhere


def check_of(name: str) -> Check:
    """One check of the environment; those of the database, which are last, do not run."""
    return next(check for check in check_environment(DatabaseSettings()) if check.name == name)


def test_lock_file_is_not_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file left by an interrupted download does not count as downloaded weights."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "torchvision.lock").touch()
    assert check_of("weights").state == "note"
    (tmp_path / "weights" / "bvlc.onnx").touch()
    assert check_of("weights").found == "downloaded: bvlc.onnx"


def test_missing_jars_are_a_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network connection the first start would fail (late failures are checked first)."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(tmp_path))
    check = check_of("java")
    assert (check.state, "SUMMIT_GRAPH_MAVEN_URL" in check.remedy) == ("note", True)


@pytest.mark.skipif(os.name == "nt", reason="a Windows folder cannot have the character that separates jars")
def test_folder_that_java_cannot_read_is_a_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fail at the start of the server (late failures are checked first)."""
    monkeypatch.setenv("SUMMIT_GRAPH_JARS", str(tmp_path / "a:b"))
    assert check_of("java").state == "failed"


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_database_locked_by_another_machine_is_one_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other checks still run, and the failed one names the process and machine."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    with held_elsewhere(ServerFiles(tmp_path / "neo4j")):
        checks = {check.name: check for check in check_environment(DatabaseSettings())}
    assert {"disk", "java", "weights"} < checks.keys()
    assert checks["database"].state == "failed"
    assert "process 17 on host-a" in checks["database"].found
