"""Stopping processes, with real ones."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from summit_graph.store.server import process as server_process
from summit_graph.store.server.process import SERVER, end_process, find_server, port_of, port_options

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
)
#: Takes four seconds to end.
SLOW = """
import signal, time
def end(*_):
    with open({file!r}, "wb", buffering=0) as data:
        for _ in range(40):
            if {writes}:
                data.write(b"more")
            time.sleep(0.1)
    raise SystemExit
signal.signal(signal.SIGTERM, end)
print(flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def said() -> list[str]:
    return []


def python(program: str) -> subprocess.Popen[str]:
    """A running program that has printed its first line, which is not read yet."""
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """A program that never waits for its child."""
    with python(PARENT) as process:
        yield process
        process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_process_that_stops_on_sigterm_gives_no_message(said: list[str]) -> None:
    """SIGTERM is enough."""
    process = python("import time; print(flush=True); time.sleep(600)")
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert said == []


def test_a_zombie_counts_as_ended(parent: subprocess.Popen[str], said: list[str]) -> None:
    """It has its process id until the parent waits for it, which may never happen."""
    child = psutil.Process(int(first_line(parent)))
    end_process(child, said.append)
    assert child.status() == psutil.STATUS_ZOMBIE
    assert said == []


def test_a_process_that_ignores_sigterm_is_killed_with_a_message(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed after two waits."""
    monkeypatch.setattr(server_process, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(server_process, "PATIENT_SECONDS", 0.2)
    process = python(DEAF)
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert ["waiting" in said[0], "killed" in said[1]] == [True, True]


@pytest.mark.skipif(not psutil.LINUX, reason="other systems do not count what a process writes")
@pytest.mark.parametrize(("writes", "is_killed"), [(True, False), (False, True)])
def test_a_process_that_writes_is_given_time(
    writes: bool, is_killed: bool, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that writes nothing, for example because its disk is full, is killed soon."""
    monkeypatch.setattr(server_process, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(server_process, "IDLE_SECONDS", 1)
    process = python(SLOW.format(file=str(tmp_path / "data"), writes=writes))
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert any("killed" in one for one in said) == is_killed


@pytest.mark.skipif(not psutil.LINUX, reason="other systems do not count what a process writes")
def test_a_process_that_writes_to_a_full_disk_is_killed_soon(
    said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neo4j repeats refused writes for ever. Kind: progress that is none."""
    monkeypatch.setattr(server_process, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(server_process, "IDLE_SECONDS", 1)
    monkeypatch.setattr(server_process, "FULL", 1 << 62)
    process = python(
        SLOW.replace("range(40)", "range(6000)").format(file=str(tmp_path / "data"), writes=True)
    )
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert any("killed" in one for one in said)


def test_stopping_an_ended_process_succeeds(said: list[str]) -> None:
    """It may end by itself between the check and the signal."""
    process = python("")
    gone = psutil.Process(process.pid)
    process.wait()
    end_process(gone, said.append)
    assert said == []


@pytest.fixture
def pretended(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with a server's command line that works in the folder ``neo4j``."""
    folder = tmp_path / "neo4j"
    folder.mkdir()
    command = [sys.executable, "-c", "print(flush=True); input()", SERVER, *port_options(7999)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, text=True) as process:
        first_line(process)
        yield process


def test_a_server_is_found_by_any_path_to_its_folder(
    pretended: subprocess.Popen[str], tmp_path: Path
) -> None:
    """It is identified by the folder's inode, not by the text of the path."""
    (tmp_path / "link").symlink_to(tmp_path / "neo4j")
    for path in (tmp_path / "neo4j", tmp_path / "link", tmp_path / "neo4j" / ".." / "neo4j"):
        found = find_server(path, None)
        assert found is not None
        assert (found.pid, port_of(found)) == (pretended.pid, 7999)


def test_a_server_of_another_folder_is_ignored(pretended: subprocess.Popen[str], tmp_path: Path) -> None:
    """Also if the state file names its process, or if our folder now has its path."""
    (tmp_path / "other").mkdir()
    assert find_server(tmp_path / "other", pretended.pid) is None
    (tmp_path / "neo4j").rename(tmp_path / "moved")
    (tmp_path / "neo4j").mkdir()
    assert find_server(tmp_path / "neo4j", pretended.pid) is None
    assert find_server(tmp_path / "moved", None) is not None


def test_an_ended_server_is_ignored(pretended: subprocess.Popen[str], tmp_path: Path) -> None:
    """Also a zombie, which was killed but not yet waited for by its parent."""
    pretended.kill()
    while psutil.Process(pretended.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert find_server(tmp_path / "neo4j", pretended.pid) is None
