"""Ending a process, held against real ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from summit_graph.store.server import process as server_process
from summit_graph.store.server.process import end_process

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
)
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
    """A running program that has printed its first line, which is still to be read."""
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """A program that never asks after its child."""
    with python(PARENT) as process:
        yield process
        process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_process_that_obeys_is_ended_in_silence(said: list[str]) -> None:
    """SIGTERM is enough."""
    process = python("import time; print(flush=True); time.sleep(600)")
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert said == []


def test_a_child_that_its_parent_did_not_ask_after_has_ended(
    parent: subprocess.Popen[str], said: list[str]
) -> None:
    """It keeps its number until the parent does, which may be never."""
    child = psutil.Process(int(first_line(parent)))
    end_process(child, said.append)
    assert child.status() == psutil.STATUS_ZOMBIE
    assert said == []


def test_a_process_that_does_not_obey_is_killed_and_that_is_said(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two waits."""
    monkeypatch.setattr(server_process, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(server_process, "PATIENT_SECONDS", 0.2)
    process = python(DEAF)
    first_line(process)
    end_process(psutil.Process(process.pid), said.append)
    assert not psutil.pid_exists(process.pid)
    assert ["waiting" in said[0], "killed" in said[1]] == [True, True]


def test_a_process_that_is_gone_already_is_fine(said: list[str]) -> None:
    """It may end by itself between looking and asking."""
    process = python("")
    gone = psutil.Process(process.pid)
    process.wait()
    end_process(gone, said.append)
    assert said == []
