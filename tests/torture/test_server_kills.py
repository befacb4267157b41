"""A database server that is killed at any moment of a command: nothing that was committed is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from summit_graph.settings import Home
from summit_graph.store.connection import Address, open_database
from summit_graph.store.server import local
from summit_graph.store.server.files import ServerFiles, write_java_arguments
from summit_graph.store.server.local import LocalServer
from tests.torture.commands import (
    COMMANDS,
    Undisturbed,
    empty,
    ended_well,
    is_whole,
    moment,
    prepare,
    rounded,
    run,
    undisturbed,
    write_inputs,
)
from tests.torture.rounds import SERVER_KILLS

pytestmark = [pytest.mark.graph, pytest.mark.slow]

#: In one of so many rounds the command goes on after the server's next start, which it tries ever less often.
WAITS = 4
KNOWN: dict[tuple[str, bool], Undisturbed] = {}


def write_short_lived_arguments(files: ServerFiles, jars: Sequence[Path], *, building: bool) -> None:
    """Java that compiles quickly instead of well: these servers live for seconds."""
    write_java_arguments(files, jars, building=building)
    written = files.java_arguments.read_text()
    files.java_arguments.write_text(f"-XX:TieredStopAtLevel=1\n{written}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The commands' folder, and a home of their own: one store for all rounds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
        patch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path_factory.mktemp("killed")))
        patch.setenv("SUMMIT_GRAPH_BATCH", "100")
        patch.setattr(local, "write_java_arguments", write_short_lived_arguments)
        yield write_inputs(tmp_path_factory.mktemp("commands"))
        local.stop()


@pytest.mark.skipif(not SERVER_KILLS, reason="only in make torture: each starts a server")
@pytest.mark.parametrize("number", range(max(1, SERVER_KILLS)))
def test_a_killed_server_is_recovered_by_the_next_command(number: int, folder: Path) -> None:
    """Committed transactions are restored, and the command's second run ends as an undisturbed one.

    In most rounds the command is killed, too; in the others it waits for the server's next start.
    """
    name, waits = list(COMMANDS)[number % len(COMMANDS)], number // len(COMMANDS) % WAITS == WAITS - 1
    with open_database(Address.of(local.start())) as opened:
        empty(opened)
        whole = undisturbed(KNOWN, name, opened, folder, program=False)
        prepare(name, opened)
    process = run(name, folder)
    time.sleep(moment(number, whole.seconds, program=False))
    LocalServer.of_home().end_all()
    if not waits:
        process.kill()
    with open_database(Address.of(local.start())) as opened:
        process.wait()
        assert ended_well(run(name, folder), name, opened), (folder / "log").read_text()
        assert rounded(opened) == whole.graph
        assert is_whole(opened)
