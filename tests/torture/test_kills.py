"""Commands that are killed at any moment: the next run ends as an undisturbed one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server.local import Endpoint
from tests.conftest import use_database
from tests.torture.commands import (
    COMMANDS,
    PROGRAMS,
    Undisturbed,
    ended_well,
    is_whole,
    moment,
    prepare,
    rounded,
    run,
    state_of,
    undisturbed,
    write_inputs,
)
from tests.torture.rounds import KILLS

pytestmark = pytest.mark.graph

KNOWN: dict[tuple[str, bool], Undisturbed] = {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_inputs(tmp_path)


@contextmanager
def reader(endpoint: Endpoint) -> Iterator[set[tuple[Any, ...]]]:
    """Reads a class again and again; the set has the states that it saw."""
    states: set[tuple[Any, ...]] = set()
    ended, failures = threading.Event(), []

    def read() -> None:
        try:
            with open_database(Address.of(endpoint)) as database:
                while not ended.is_set():
                    states.add(state_of(database))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield states
    finally:
        ended.set()
        thread.join()
    assert failures == []


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_command_is_finished_by_the_next(
    number: int, database: Endpoint, fresh_database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is that of an undisturbed run, and a reader sees a class's old or new state, nothing else."""
    use_database(monkeypatch, database)
    monkeypatch.setenv("SUMMIT_GRAPH_BATCH", "100")  # many transactions to be killed between
    name, program = list(COMMANDS)[number % len(COMMANDS)], number // len(COMMANDS) % PROGRAMS == PROGRAMS - 1
    whole = undisturbed(KNOWN, name, fresh_database, folder, program=program)
    prepare(name, fresh_database)
    before = state_of(fresh_database)
    with reader(database) as states:
        process = run(name, folder, program=program)
        time.sleep(moment(number, whole.seconds, program=program))
        process.kill()
        process.wait()
        begun = time.monotonic()
        assert ended_well(run(name, folder), name, fresh_database), (folder / "log").read_text()
    if not program:  # the first one took longer, as the server had not compiled its queries
        KNOWN[name, program] = whole._replace(seconds=time.monotonic() - begun)
    assert rounded(fresh_database) == whole.graph
    assert is_whole(fresh_database)
    assert states <= {before, state_of(fresh_database)}


def test_the_number_of_rounds_can_be_chosen() -> None:
    """``make torture`` sets it."""
    code = "from tests.torture.rounds import KILLS, SERVER_KILLS, IMAGES; print(KILLS, SERVER_KILLS, IMAGES)"
    environment = os.environ | {"SUMMIT_GRAPH_TORTURE": "1000"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert printed.stdout.split() == ["1000", "100", "100000"]
