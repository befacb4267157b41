"""Taking a class out, killed half-way: readers never see a part of it, and the next writer finishes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple

import pytest

from summit_graph.ranking.pagerank import rank_network
from summit_graph.records import Parameters
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import list_networks
from summit_graph.store.removal import clear_leftovers
from summit_graph.store.server.local import Endpoint
from summit_graph.views.classes import list_classes
from summit_graph.workflows import remove as removing
from summit_graph.workflows.embed import embed_network
from tests.graph.test_loading import BEAR, LION, load, value, whole_graph

#: Removes a class by batches of 100 and stands still after the first.
REMOVE_AND_STAND_STILL = """
import sys, time
from summit_graph.store.connection import Address, open_database
from summit_graph.store.removal import remove_class

def stand_still(deleted):
    print(deleted, flush=True)
    time.sleep(600)

with open_database(Address(*sys.argv[1:4])) as database:
    remove_class(database, "shapes", "bear", on_cleared=stand_still)
"""


def remove_and_kill(endpoint: Endpoint) -> int:
    """Kill -9 after the first batch; returns how many relationships that was."""
    command = [sys.executable, "-c", REMOVE_AND_STAND_STILL, *astuple(endpoint)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        deleted = int(process.stdout.readline())
        process.kill()
    return deleted


WRITES: dict[str, Callable[[Database], object]] = {
    "rank": lambda database: rank_network(database, "shapes", Parameters()),
    "embed": lambda database: embed_network(database, "shapes"),
    "motifs --store": lambda database: write_motifs(database, "shapes", [], shape="chain", size=2),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_any_write_clears_what_was_left(
    write: Callable[[Database], object], fresh_database: Database
) -> None:
    """An interrupted removal's class goes with the next command that writes, whichever it is (SPEC 5)."""
    load(fresh_database, LION, BEAR)
    fresh_database.write("load/retire_former_class", network="shapes", name="bear")
    write(fresh_database)
    assert value(fresh_database, "MATCH (n:RetiredClass) RETURN count(n)") == 0
    left = "MATCH ()-[r:INFLUENCES]->() WHERE NOT EXISTS { (:Class {id: r.class_id}) } RETURN count(r)"
    assert value(fresh_database, left) == 0


def test_a_removal_killed_half_way_is_finished_by_the_next_writer(
    database: Endpoint, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile the class is out of sight and the other one whole."""
    monkeypatch.setenv("SUMMIT_GRAPH_BATCH", "100")
    load(fresh_database, LION)
    alone = whole_graph(fresh_database)
    load(fresh_database, BEAR)
    assert remove_and_kill(database) == 100
    left = "MATCH ()-[r:INFLUENCES]->() WHERE NOT EXISTS { (:Class {id: r.class_id}) } RETURN count(r)"
    assert value(fresh_database, left) > 0
    assert [stored.summary.name for stored in list_classes(fresh_database, "shapes")] == ["lion"]
    assert whole_graph(fresh_database) == alone
    clear_leftovers(fresh_database)
    assert value(fresh_database, left) == 0
    assert value(fresh_database, "MATCH (n:RetiredClass) RETURN count(n)") == 0
    assert whole_graph(fresh_database) == alone


def test_a_classs_patches_go_with_it(fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another network of the model and dataset still holds the class."""
    dropped: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        removing,
        "drop_examples",
        lambda weights, *, dataset, class_name=None: dropped.append((dataset, class_name)),
    )
    for network in ("shapes", "others"):
        load(fresh_database, BEAR, network=network)
    networks = {one.name: one for one in list_networks(fresh_database)}
    removing.remove_class_whole(fresh_database, networks["shapes"], "bear")
    assert dropped == []
    removing.remove_class_whole(fresh_database, networks["others"], "bear")
    removing.remove_network_whole(fresh_database, networks["others"])
    assert dropped == [("shapes", "bear")]
    removing.remove_network_whole(fresh_database, networks["shapes"])
    assert dropped == [("shapes", "bear"), ("shapes", None)]
