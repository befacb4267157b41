"""Starting the explorer: the documented commands in a new environment, and start failures."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from summit_graph.errors import SummitGraphError
from summit_graph.launch_explorer import run_explorer

ROOT = Path(__file__).parent.parent
#: Longest time until the explorer's address is printed, on a busy machine.
START_SECONDS = 120
#: A replacement for the browser: writes the address that it was called with and the status of the response.
STAND_IN = """#!{python}
import pathlib, sys, urllib.request
status = urllib.request.urlopen(sys.argv[1]).status
pathlib.Path({note!r}).write_text(f"{{sys.argv[1]}} {{status}}")
"""


def test_the_configuration_has_only_options_that_streamlit_knows() -> None:
    """It drops others with a warning. Kind: a setting that stops having an effect with another release."""
    from streamlit.config import get_option

    sections = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text("utf-8"))
    names = [
        f"{section}.{name}"
        for section in ("browser", "client", "runner", "server")
        for name in sections[section]
    ]
    assert "runner.postScriptGC" in names  # else it takes three quarters of a page's time
    for name in names:
        get_option(name)  # raises an error if it is unknown


def as_documented(start: str) -> list[str]:
    """The first command line of docs/your-own-images.md that starts with ``start``, as words."""
    page = (ROOT / "docs" / "your-own-images.md").read_text("utf-8")
    line = next(line for line in page.splitlines() if line.startswith(start))
    return shlex.split(line, comments=True)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty HOME, and a browser that writes to the file ``opened``."""
    (tmp_path / "home").mkdir()
    browser = tmp_path / "browser"
    browser.write_text(STAND_IN.format(python=sys.executable, note=str(tmp_path / "opened")))
    browser.chmod(0o700)
    for name in [name for name in os.environ if name.startswith(("XDG_", "STREAMLIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SUMMIT_GRAPH_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@contextmanager
def on_a_terminal(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], list[str]]]:
    """A running command whose input and output are a terminal, and the growing list of what it printed."""
    ours, its = pty.openpty()
    printed: list[str] = []
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, start_new_session=True) as process:
        os.close(its)
        reader = threading.Thread(target=read_terminal, args=(ours, printed))
        reader.start()
        try:
            yield process, printed
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            process.wait(60)
            reader.join(60)
            os.close(ours)


def read_terminal(terminal: int, printed: list[str]) -> None:
    try:
        while text := os.read(terminal, 4096):
            printed.append(text.decode())
    except OSError:  # on Linux: the other end is closed
        return


def wait_for(file: Path, process: subprocess.Popen[Any], seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while not (file.exists() and file.read_text()):
        assert process.poll() is None, "the command has ended"
        assert time.monotonic() < deadline, "no browser was opened in time"
        time.sleep(0.1)
    return file.read_text()


def test_explore_opens_in_a_new_environment(newcomer: Path) -> None:
    """On a terminal with an empty HOME: one line and no prompt (a dependency's first-run behaviour)."""
    with on_a_terminal(as_documented("summit-graph explore")) as (process, printed):
        opened = wait_for(newcomer / "opened", process, START_SECONDS)
    address = opened.removesuffix(" 200")
    assert "".join(printed).splitlines() == [f"The explorer is at {address} (Ctrl-C ends it)"]
    assert process.returncode == 0
    assert list((newcomer / "home").iterdir()) == []


def test_explore_opens_without_standard_input(newcomer: Path) -> None:
    """A closed stdin does not end the explorer (a dependency's first-run behaviour)."""
    command = shlex.join(as_documented("summit-graph explore"))
    with subprocess.Popen(f"exec {command} <&-", shell=True, stderr=subprocess.PIPE, text=True) as process:
        try:
            opened = wait_for(newcomer / "opened", process, START_SECONDS)
        finally:
            process.send_signal(signal.SIGINT)
            _, printed = process.communicate(timeout=60)
    assert opened.endswith(" 200")
    assert printed.splitlines() == [f"The explorer is at {opened.removesuffix(' 200')} (Ctrl-C ends it)"]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_no_server_is_left_when_the_command_ends(newcomer: Path, number: signal.Signals) -> None:
    """However it ends (kind: a child that runs after its parent has ended)."""
    with subprocess.Popen(as_documented("summit-graph explore"), stderr=subprocess.PIPE) as process:
        wait_for(newcomer / "opened", process, START_SECONDS)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(number)
        _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive


@pytest.mark.slow
def test_demo_opens_in_a_new_environment(newcomer: Path) -> None:
    """``make demo``'s command from an empty HOME to a browser (a dependency's first-run behaviour)."""
    makefile = (ROOT / "Makefile").read_text()
    assert "\t$(BIN)/summit-graph demo $(DEMO)\n" in makefile
    with on_a_terminal(["summit-graph", "demo"]) as (process, printed):
        opened = wait_for(newcomer / "opened", process, 800)
    assert opened.endswith(" 200")
    assert not re.search(r"streamlit|e-?mail|welcome", "".join(printed), re.IGNORECASE)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_address_of_another_machine_is_an_error(host: str) -> None:
    """The error names the address and the option, not the port."""
    with pytest.raises(SummitGraphError, match=f"cannot serve at {host}.*--host"):
        run_explorer(host=host, port=8501, browser=False, uri=None, say=print)


def test_port_in_use_is_an_error() -> None:
    """A given port is never replaced by another."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SummitGraphError, match=f"port {port} is taken: name another with --port"):
            run_explorer(host="127.0.0.1", port=port, browser=False, uri=None, say=print)
