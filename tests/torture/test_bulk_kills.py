"""``load --bulk`` that is killed at any moment: the old store or the new one, and the next run ends well."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from summit_graph.counts.manifest import ClassTables
from summit_graph.counts.writer import write_count_folder
from summit_graph.settings import Home
from summit_graph.store.connection import Database
from summit_graph.store.server.local import LocalServer
from tests.count_tables import manifest
from tests.graph.test_bulk import local_database
from tests.graph.test_loading import load
from tests.torture.rounds import BULK_KILLS
from tests.torture.test_kills import FORMER, LATER, rounded

pytestmark = [pytest.mark.graph, pytest.mark.slow]


def bulk_load(counts: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "summit_graph", "load", counts, "--network", "shapes", "--bulk"]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def graph_of(database: Database, classes: list[ClassTables]) -> dict[str, list[tuple]]:
    load(database, *classes)
    return rounded(database)


@pytest.mark.skipif(not BULK_KILLS, reason="only in make torture: each takes a minute")
@pytest.mark.parametrize("number", range(max(1, BULK_KILLS)))
def test_a_killed_bulk_load_leaves_the_old_store_or_the_new_one(
    number: int, own_home: Path, fresh_database: Database, tmp_path: Path
) -> None:
    """Run again, it gives the graph of an undisturbed run, and no other folder is left."""
    former, later = (graph_of(fresh_database, classes) for classes in (FORMER, LATER))
    write_count_folder(tmp_path / "former", manifest(), FORMER)
    write_count_folder(tmp_path / "later", manifest(), LATER)
    begun = time.monotonic()
    assert bulk_load("former", tmp_path).wait() == 0, (tmp_path / "log").read_text()
    killed = bulk_load("later", tmp_path)
    time.sleep(random.Random(number).uniform(0.1, 1.0) * (time.monotonic() - begun))
    killed.kill()
    killed.wait()
    with local_database() as database:
        assert rounded(database) in (former, later)
    assert bulk_load("later", tmp_path).wait() == 0, (tmp_path / "log").read_text()
    with local_database() as database:
        assert rounded(database) == later
    folders = [path for path in Home().home.iterdir() if path.is_dir()]
    assert folders == [LocalServer.of_home().files.folder]
