"""Functions that some operating systems lack are called in one module (docs/platforms.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from summit_graph.settings import PACKAGE, package_folder
from summit_graph.system.operating_system import is_locked, link_or_copy

#: Modules, functions and options of ``Popen`` that Windows lacks or ignores, or that need rights there.
OF_SOME_SYSTEMS = """
fcntl grp pwd resource termios pty tty fork forkpty setsid setpgid getpgid killpg getuid geteuid chown mkfifo
nice wait3 wait4 pthread_sigmask pthread_kill sigwait alarm setitimer SIGKILL SIGCHLD SIGUSR1 SIGUSR2 SIGALRM
preexec_fn start_new_session process_group umask symlink symlink_to hardlink_to
"""
SOURCES = [*PACKAGE.rglob("*.py"), *package_folder("app").rglob("*.py")]


def names_in(file: Path) -> set[str]:
    """Names of modules, attributes and keyword arguments in a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.name for alias in node.names)
    return found


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_what_some_systems_lack_is_used_in_one_module(file: Path) -> None:
    """Kind: code that fails on another system when it is imported or called."""
    if file.name != "operating_system.py":
        assert names_in(file) & set(OF_SOME_SYSTEMS.split()) == set()


def test_a_locked_file_is_seen(tmp_path: Path) -> None:
    """A file that does not exist is not locked, nor is one whose lock was tested before."""
    assert not is_locked(tmp_path / "missing")
    file = tmp_path / "lock"
    file.touch()
    assert not is_locked(file)
    assert not is_locked(file)


def test_a_link_is_replaced_by_a_copy_where_links_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    (tmp_path / "jar").write_bytes(b"jar")

    def refuse(*arguments: object) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    link_or_copy(tmp_path / "copy", tmp_path / "jar")
    assert not (tmp_path / "copy").is_symlink()
    assert (tmp_path / "copy").read_bytes() == b"jar"
