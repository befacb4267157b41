"""Commands and servers that are killed at any moment: the next run ends as an undisturbed one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import UnknownNameError
from summit_graph.records import AttributionGraph
from summit_graph.store.connection import Address, Database, open_database
from summit_graph.store.server import local
from summit_graph.store.server.local import Endpoint
from summit_graph.views.graphs import read_attribution_graph
from tests.conftest import use_database
from tests.count_tables import manifest, random_class
from tests.graph.test_loading import load, rows, value, whole_graph
from tests.torture.rounds import KILLS, SERVER_KILLS

pytestmark = [pytest.mark.graph, pytest.mark.slow]

FORMER = [random_class("bear", 1), random_class("lion", 2)]
LATER = [random_class("bear", 9), random_class("lion", 3), random_class("ox", 4)]
COMMANDS = {
    "load": ["load", "counts", "--network", "shapes"],
    "rank": ["rank", "--network", "shapes"],
    "rm": ["rm", "bear", "--network", "shapes"],
    "motifs": ["motifs", "--network", "shapes", "--store", "--null", "1"],
    "import": ["import", "counts", "--network", "shapes"],
    "embed": ["embed", "--network", "shapes"],
    "migration": ["rm", "lion", "--network", "shapes"],
}
#: What only an unfinished command leaves: hidden nodes, relationships of no class.
HIDDEN = "MATCH (n:PendingClass|RetiredClass|RetiredNetwork) RETURN count(n)"
LOOSE = """MATCH ()-[r:INFLUENCES|SELECTED_INFLUENCE]->()
WHERE NOT EXISTS { (:Class {id: r.class_id}) } RETURN count(r)"""


REMOVED = "MATCH (class:Class {network: 'shapes', name: $name}) RETURN class.id"
#: Classes with positions as older versions stored them: the first writer moves them.
OLD = """MERGE (:Layer {network: 'former', name: 'mixed3a'}) WITH 1 AS one UNWIND range(1, 2000) AS at
CREATE (:Class {id: -at, network: 'former', name: toString(at), embedding_mixed3a: [toFloat(at), 0.5]})"""
PLACES = """MATCH (class:Class)-[place:PLACED]->(layer:Layer)
RETURN class.name, layer.name, place.x, place.y, class.embedding_mixed3a"""


class Undisturbed(NamedTuple):
    """What a command that is not killed leaves, and how long it takes."""

    graph: dict[str, list[tuple]]
    seconds: float


KNOWN: dict[str, Undisturbed] = {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_count_folder(tmp_path / "counts", manifest(), LATER)
    return tmp_path


def run(name: str, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "summit_graph", *COMMANDS[name]]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def rounded(database: Database) -> dict[str, list[tuple]]:
    """The graph that readers see; scores to nine digits, as GDS adds in an undefined order."""
    graph = {**whole_graph(database), "PLACED": rows(database, PLACES)}
    return {
        kind: sorted(
            (tuple(float(f"{x:.9g}") if isinstance(x, float) else x for x in row) for row in found), key=str
        )
        for kind, found in graph.items()
    }


def undisturbed(name: str, database: Database, folder: Path) -> Undisturbed:
    """Run once per command, on the graph on which the others are killed."""
    if name not in KNOWN:
        prepare(name, database)
        begun = time.monotonic()
        assert run(name, folder).wait() == 0, (folder / "log").read_text()
        KNOWN[name] = Undisturbed(rounded(database), time.monotonic() - begun)
        empty(database)
    return KNOWN[name]


def prepare(name: str, database: Database) -> None:
    """What is in the graph before the command."""
    load(database, *FORMER)
    if name == "migration":
        rows(database, OLD)


def empty(database: Database) -> None:
    with database.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Counter DETACH DELETE n").consume()


def seen(graph: AttributionGraph) -> tuple[Any, ...]:
    nodes = tuple((node.channel, node.count, float(f"{node.pagerank:.9g}")) for node in graph.nodes)
    return nodes, tuple(graph.edges)


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


def state_of(database: Database) -> tuple[Any, ...]:
    try:
        return seen(read_attribution_graph(database, "shapes", "bear"))
    except UnknownNameError:
        return ()


def ended_well(process: subprocess.Popen[bytes], name: str, database: Database) -> bool:
    """A class that the killed command has removed is unknown to its second run."""
    code = process.wait()
    removed = COMMANDS[name][1] if COMMANDS[name][0] == "rm" else None
    return code == 0 or (removed is not None and rows(database, REMOVED, name=removed) == [])


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_command_is_finished_by_the_next(
    number: int, database: Endpoint, fresh_database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is that of an undisturbed run, and a reader sees a class's old or new state, nothing else."""
    use_database(monkeypatch, database)
    monkeypatch.setenv("SUMMIT_GRAPH_BATCH", "100")  # many transactions to be killed between
    name = list(COMMANDS)[number % len(COMMANDS)]
    whole = undisturbed(name, fresh_database, folder)
    prepare(name, fresh_database)
    before = state_of(fresh_database)
    with reader(database) as states:
        process = run(name, folder)
        time.sleep(random.Random(number).uniform(0.3, 1.0) * whole.seconds)
        process.kill()
        process.wait()
        again = run(name, folder)
        assert ended_well(again, name, fresh_database), (folder / "log").read_text()
    assert rounded(fresh_database) == whole.graph
    assert (value(fresh_database, HIDDEN), value(fresh_database, LOOSE)) == (0, 0)
    assert states <= {before, state_of(fresh_database)}


@pytest.mark.skipif(not SERVER_KILLS, reason="only in make torture: each takes half a minute")
@pytest.mark.parametrize("number", range(max(1, SERVER_KILLS)))
def test_a_killed_server_is_recovered_by_the_next_command(
    number: int, own_home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed transactions are restored, and the command's second run ends as an undisturbed one."""
    monkeypatch.setenv("SUMMIT_GRAPH_BATCH", "100")
    name = list(COMMANDS)[number % len(COMMANDS)]
    with open_database(Address.of(local.start())) as opened:
        whole = undisturbed(name, opened, folder)
        prepare(name, opened)
    process = run(name, folder)
    time.sleep(random.Random(number).uniform(0.3, 1.0) * whole.seconds)
    pid = local.status().pid
    assert pid is not None
    psutil.Process(pid).kill()
    process.wait()
    again = run(name, folder)
    with open_database(Address.of(local.start())) as opened:
        assert ended_well(again, name, opened), (folder / "log").read_text()
        assert rounded(opened) == whole.graph
        assert (value(opened, HIDDEN), value(opened, LOOSE)) == (0, 0)


def test_the_number_of_rounds_can_be_chosen() -> None:
    """``make torture`` sets it."""
    code = "from tests.torture.rounds import KILLS, SERVER_KILLS, IMAGES; print(KILLS, SERVER_KILLS, IMAGES)"
    environment = os.environ | {"SUMMIT_GRAPH_TORTURE": "1000"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert printed.stdout.split() == ["1000", "100", "100000"]
