"""``load --bulk`` that is killed at any moment: the old store or the new one, and the next run ends well."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from summit_graph.counts.writer import write_count_folder
from summit_graph.settings import Home
from summit_graph.store.server import local
from summit_graph.store.server.local import LocalServer
from tests.count_tables import manifest, random_class
from tests.graph.test_bulk import local_database
from tests.torture.commands import rounded
from tests.torture.forked import ForkedCommand
from tests.torture.rounds import BULK_KILLS

pytestmark = [pytest.mark.graph, pytest.mark.slow]

NAMES = ("bear", "lion", "ox")
#: Two states of the same classes, loaded in turn.
STATES = [[random_class(name, seed + at) for at, name in enumerate(NAMES)] for seed in (0, 10)]
Graph = dict[str, list[tuple]]


class Loads(NamedTuple):
    """A folder with the states' count folders, the graph of each, and the seconds of an undisturbed load."""

    folder: Path
    graphs: list[Graph]
    seconds: float


def bulk_load(state: int, folder: Path) -> ForkedCommand:
    words = ["load", f"counts{state}", "--network", "shapes", "--bulk"]
    return ForkedCommand(words, folder=folder, log=folder / "log")


def stored_graph() -> Graph:
    with local_database() as database:
        return rounded(database)


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loads]:
    """A home of their own, with the second state in its store."""
    folder, graphs, seconds = tmp_path_factory.mktemp("bulk"), [], 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMMIT_GRAPH_JARS", str(Home().jars))
        patch.setenv("SUMMIT_GRAPH_HOME", str(folder / "home"))
        for state, classes in enumerate(STATES):
            write_count_folder(folder / f"counts{state}", manifest(), classes)
            begun = time.monotonic()
            assert bulk_load(state, folder).wait() == 0, (folder / "log").read_text()
            seconds = time.monotonic() - begun
            graphs.append(stored_graph())
        yield Loads(folder, graphs, seconds)
        local.stop()


@pytest.mark.skipif(not BULK_KILLS, reason="only in make torture: each takes a minute")
@pytest.mark.parametrize("number", range(max(1, BULK_KILLS)))
def test_a_killed_bulk_load_leaves_the_old_store_or_the_new_one(number: int, loads: Loads) -> None:
    """Run again, it gives the graph of an undisturbed run, and no other folder is left."""
    state = number % len(STATES)
    killed = bulk_load(state, loads.folder)
    time.sleep(random.Random(number).uniform(0.0, 1.0) * loads.seconds)
    killed.kill()
    killed.wait()
    assert stored_graph() in loads.graphs
    assert bulk_load(state, loads.folder).wait() == 0, (loads.folder / "log").read_text()
    assert stored_graph() == loads.graphs[state]
    folders = [path for path in Home().home.iterdir() if path.is_dir()]
    assert folders == [LocalServer.of_home().files.folder]
