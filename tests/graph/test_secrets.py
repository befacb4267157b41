"""The database's password: which processes and files have it. Kind: a secret that is passed on by default."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from summit_graph.store.connection import Database
from summit_graph.store.server.local import Endpoint
from tests.conftest import use_database
from tests.small_model import write_images, write_small_weights

pytestmark = pytest.mark.skipif(not psutil.LINUX, reason="reads other processes' environments")

COMMAND = [sys.executable, "-m", "summit_graph"]
#: A replacement for the browser that writes its environment to a file.
STAND_IN = """#!{python}
import os, pathlib
pathlib.Path({note!r}).write_text(repr(dict(os.environ)))
"""


class Watched:
    """What the processes below a command were started with, by command line, and where they connected to."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = psutil.Process(process.pid)
        self.own = " ".join(map(str, process.args))  # type: ignore[arg-type]  # a list here
        self.environments: dict[str, dict[str, str]] = {}
        self.addresses: set[str] = set()

    def look(self) -> None:
        with suppress(psutil.Error):
            for child in self.process.children(recursive=True):
                with suppress(psutil.Error):
                    line, values = " ".join(child.cmdline()), child.environ()
                    if line != self.own:  # else a fork that is about to become another program
                        self.environments[line] = values
                    self.addresses |= {one.raddr.ip for one in child.net_connections() if one.raddr}

    def holders(self, secret: str) -> list[str]:
        """The command lines of the processes whose environment has the secret."""
        return [line for line, values in self.environments.items() if secret in str(values)]


@contextmanager
def watched(words: list[object], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Watched]]:
    """A running command; what it prints goes to a file."""
    command = [*COMMAND, *map(str, words)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        watch, ended = Watched(process), threading.Event()

        def look() -> None:
            while not ended.wait(0.02):
                watch.look()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield process, watch
        finally:
            ended.set()
            thread.join()
            process.send_signal(signal.SIGINT)
            process.wait(60)


@pytest.fixture
def secret(
    database: Endpoint, fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The password, given to the commands as a user gives it; a new home in ``tmp_path``."""
    use_database(monkeypatch, database)
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "new" / "home"))
    return database.password


def ingest(tmp_path: Path) -> list[object]:
    photos = write_images(tmp_path / "photos", {"ant": 5, "bee": 4})
    weights = write_small_weights(tmp_path / "narrow.safetensors")
    return ["ingest", photos, "--weights", weights, "--processes", 2, "--match", "none"]


def files_with(secret: str, folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


def test_only_processes_that_open_the_database_have_the_password(secret: str, tmp_path: Path) -> None:
    """Not those that decode and count; no command line has it."""
    with watched(ingest(tmp_path), tmp_path / "log") as (process, watch):
        assert process.wait(300) == 0, (tmp_path / "log").read_text()
    assert any("spawn_main" in line for line in watch.environments)
    assert watch.holders(secret) == []
    assert not any(secret in line for line in watch.environments)


def test_no_file_has_the_password(secret: str, tmp_path: Path) -> None:
    """Neither results nor messages, nor the trace of an error."""
    commands: list[list[object]] = [
        ingest(tmp_path),
        ["export", tmp_path / "export"],
        ["graph", "ant"],
        ["doctor", "--json"],
        ["--debug", "graph", "no such class"],
        ["--debug", "graph", "ant", "--uri", f"bolt://neo4j:{secret}@127.0.0.1:1"],
        ["--debug", "graph", "ant", "--uri", "bolt://127.0.0.1:1"],
    ]
    for number, words in enumerate(commands):
        with (tmp_path / f"log-{number}").open("wb") as log:
            subprocess.run([*COMMAND, *map(str, words)], stdout=log, stderr=log, timeout=300)
    assert (tmp_path / "export" / "manifest.json").exists()
    assert files_with(secret, tmp_path) == []


def test_the_home_is_the_users_own(secret: str, tmp_path: Path) -> None:
    """Folders that the program makes for itself cannot be read by others."""
    done = subprocess.run([*COMMAND, *map(str, ingest(tmp_path))], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    home = tmp_path / "new" / "home"
    assert {path.name for path in home.iterdir()} >= {"pictures"}
    made = [home.parent, home, home / "pictures", home / "runs"]
    assert [path for path in made if path.exists() and stat.S_IMODE(path.stat().st_mode) != 0o700] == []


def explored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Watched, str]:
    """Run the explorer until it opens the browser; returns the browser's environment too."""
    browser = tmp_path / "browser"
    browser.write_text(STAND_IN.format(python=sys.executable, note=str(tmp_path / "environment")))
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    with watched(["explore"], tmp_path / "log") as (_, watch):
        deadline = time.monotonic() + 120
        while not (tmp_path / "environment").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.2)
    return watch, (tmp_path / "environment").read_text()


def test_the_browser_does_not_get_the_password(
    secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another program, and gets the rest of the environment."""
    watch, environment = explored(tmp_path, monkeypatch)
    assert os.environ["NEO4J_URI"] in environment
    assert secret not in environment
    assert all("streamlit" in line for line in watch.holders(secret))


def test_the_explorer_connects_to_no_other_machine(
    secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statistics are sent, neither by it nor by what it is made of (the database is on this machine)."""
    watch, _ = explored(tmp_path, monkeypatch)
    assert {address.removeprefix("::ffff:") for address in watch.addresses} <= {"127.0.0.1", "::1"}
