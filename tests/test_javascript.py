"""The rules of the explorer's JavaScript that no other tool checks, and the tool that runs the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.check_javascript import INSTALLED, LOCK, is_installed, skip
from summit_graph.settings import PACKAGE

ROOT = PACKAGE.parent
FILES = [
    file
    for folder in ("app/assets", "tests/javascript", "tests/browser", "scripts")
    for file in sorted((ROOT / folder).rglob("*.js"))
    if "vendor" not in file.parts
]
LONGEST = 110


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_line_is_too_long(file: Path) -> None:
    """The formatter does not wrap comments and strings."""
    lines = file.read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) > LONGEST] == []


def test_the_lock_names_no_registry() -> None:
    """Each machine installs the locked packages from the registry in its npm configuration."""
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_check_is_skipped_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    """On a machine without Node; with CI=true this is a failure."""
    monkeypatch.setenv("CI", ci)
    assert skip("no Node") == code
    assert "not checked: no Node" in capsys.readouterr().out


def test_packages_are_installed_again_after_the_lock_changes(tmp_path: Path) -> None:
    """Then npm's copy of the lock is older than the lock."""
    lock, installed = tmp_path / LOCK, tmp_path / INSTALLED
    lock.touch()
    assert not is_installed(tmp_path)
    installed.parent.mkdir()
    installed.touch()
    assert is_installed(tmp_path)
    os.utime(lock, (installed.stat().st_atime + 1, installed.stat().st_mtime + 1))
    assert not is_installed(tmp_path)
