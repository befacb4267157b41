"""Removing a class, interrupted: readers never see a part of it, and the next writer finishes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest

from summit_graph.analysis.channel_groups import Grouping
from summit_graph.analysis.motifs import mine_motifs
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import ClassTables
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import UnknownNameError
from summit_graph.pictures.index import examples_folder, picture_folder, write_json
from summit_graph.ranking.pagerank import rank_network
from summit_graph.records import Parameters
from summit_graph.store.channel_groups import write_groups
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import find_network, list_networks
from summit_graph.store.removal import clear_leftovers, remove_class, remove_network
from summit_graph.store.server.local import Endpoint
from summit_graph.system.own_folders import make_own_folder
from summit_graph.views.classes import list_classes
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.workflows import bulk_load
from summit_graph.workflows import remove as removing
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest
from tests.graph.test_loading import BEAR, LION, load, rows, value, whole_graph

#: Removes a class by batches of 100 and stops after the first.
REMOVE_AND_PAUSE = """
import sys, time
from summit_graph.store.connection import Address, open_database
from summit_graph.store.removal import remove_class

def pause_forever(deleted):
    print(deleted, flush=True)
    time.sleep(600)

with open_database(Address(*sys.argv[1:4])) as database:
    remove_class(database, "shapes", "bear", on_cleared=pause_forever)
"""


def remove_and_kill(endpoint: Endpoint) -> int:
    """Kill -9 after the first batch; returns its number of relationships."""
    command = [sys.executable, "-c", REMOVE_AND_PAUSE, *astuple(endpoint)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        deleted = int(process.stdout.readline())
        process.kill()
    return deleted


WRITES: dict[str, Callable[[Database], object]] = {
    "rank": lambda database: rank_network(database, find_network(database, "shapes"), Parameters()),
    "embed": lambda database: embed_network(database, "shapes"),
    "groups": lambda database: write_groups(database, "shapes", Grouping("leiden", (), ()), classes=[1]),
    "motifs --store": lambda database: write_motifs(database, "shapes", [], shape="chain", size=2),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_any_write_deletes_remains(write: Callable[[Database], object], fresh_database: Database) -> None:
    """The class of an interrupted removal is deleted by any next command that writes (SPEC 5)."""
    load(fresh_database, LION, BEAR)
    fresh_database.write("load/retire_former_class", network="shapes", name="bear")
    write(fresh_database)
    assert value(fresh_database, "MATCH (n:RetiredClass) RETURN count(n)") == 0
    left = "MATCH ()-[r:INFLUENCES]->() WHERE NOT EXISTS { (:Class {id: r.class_id}) } RETURN count(r)"
    assert value(fresh_database, left) == 0


def test_motifs_of_a_removed_network_are_not_stored_in_another(fresh_database: Database) -> None:
    """Kind: identity by name. The network was created again while its motifs were mined."""
    load(fresh_database, LION)
    mined = find_network(fresh_database, "shapes")
    motifs = mine_motifs(read_graph_set(fresh_database, "shapes"), min_support=1).select(
        min_support=1, limit=3
    )
    remove_network(fresh_database, mined)
    load(fresh_database, LION)
    with pytest.raises(UnknownNameError, match="was removed while its motifs were mined"):
        write_motifs(fresh_database, "shapes", motifs, shape="chain", size=3, created=mined.created)
    assert motifs
    assert value(fresh_database, "MATCH (n:Motif) RETURN count(n)") == 0


def test_other_data_in_the_database_is_not_changed(fresh_database: Database) -> None:
    """Nor nodes with these labels, nor relationships with a class's number. Kind: a shared database."""
    fresh_database.transaction(
        lambda transaction: transaction.run(
            "CREATE (:Person {name: 'bear'})-[:INFLUENCES {weight: 1}]->(:Class {name: 'bear'}), "
            "(:Layer {name: 'mixed3a'}), (:Channel {index: 0}) WITH 1 AS one UNWIND range(1, 20) AS id "
            "CREATE (:Person)-[:INFLUENCES {class_id: id, count: 3}]->(:Person), "
            "(:Person)-[:SELECTED_INFLUENCE {class_id: id}]->(:Person)"
        ).consume()
    )
    others = """MATCH (n) WHERE n.network IS NULL AND NOT n:Counter OPTIONAL MATCH (n)-[r]->()
                RETURN labels(n), properties(n), properties(r) ORDER BY labels(n), r.class_id, type(r)"""
    before = rows(fresh_database, others)
    load(fresh_database, LION, BEAR)
    for write in WRITES.values():
        write(fresh_database)
    remove_class(fresh_database, "shapes", "bear")
    remove_network(fresh_database, find_network(fresh_database, "shapes"))
    assert rows(fresh_database, others) == before
    assert len(before) == 84


def test_an_interrupted_removal_is_finished_by_the_next_writer(
    database: Endpoint, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile the class is not visible and the other one is complete."""
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


def test_patches_of_a_class_are_removed_with_it(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the network immediately; an earlier version's with the last network that has the class."""
    dropped: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        removing,
        "drop_examples",
        lambda weights, *, network, class_name: dropped.append((network, class_name)),
    )
    monkeypatch.setattr(
        removing,
        "drop_former_examples",
        lambda weights, *, dataset, class_name: dropped.append(("former", dataset, class_name)),
    )
    for name in ("one", "two"):
        load(fresh_database, BEAR, network=name)
    for network in list_networks(fresh_database):
        removing.remove_class_whole(fresh_database, network, "bear")
    assert dropped == [("one", "bear"), ("two", "bear"), ("former", "shapes", "bear")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of examples of two networks, and of an earlier version."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    pictures = picture_folder("0" * 64)
    for network in ("one", "two"):
        make_own_folder(examples_folder(pictures, network))
    write_json(pictures / "examples" / "shapes" / "examples.json", {"format": 1, "weights_sha256": "0" * 64})
    return pictures


def test_folders_of_a_network_are_removed_with_it(fresh_database: Database, home: Path) -> None:
    """Its examples immediately; an earlier version's, which are shared, with the last network."""
    for network in ("one", "two"):
        load(fresh_database, BEAR, network=network)
    one, two = list_networks(fresh_database)
    assert removing.folders_of(fresh_database, one) == [home / "networks" / "one"]
    removing.remove_network_whole(fresh_database, one)
    assert not (home / "networks" / "one").exists()
    assert (home / "examples" / "shapes").exists()
    removing.remove_network_whole(fresh_database, two)
    assert not (home / "networks" / "two").exists()
    assert not (home / "examples" / "shapes").exists()


def test_networks_replaced_by_a_new_store_leave_no_examples(
    fresh_database: Database, home: Path, tmp_path: Path
) -> None:
    """Kind: identity by name. A later network with that name would show them."""
    for network in ("one", "two"):
        load(fresh_database, BEAR, network=network)
    bulk_load.carry_examples_over(content_of(fresh_database), "two", counts_of(tmp_path, BEAR))
    assert not (home / "networks" / "one").exists()
    assert (home / "networks" / "two").exists()


def test_a_new_store_keeps_the_examples_of_its_classes(
    fresh_database: Database, home: Path, tmp_path: Path
) -> None:
    """As loading online does; an earlier version's too, which a network made later does not find."""
    load(fresh_database, BEAR, LION, network="own")
    content = {
        "format": 1,
        "weights_sha256": "0" * 64,
        "examples": {"mixed3a/0": [example("bear"), example("lion")]},
    }
    write_json(home / "examples" / "shapes" / "examples.json", content)
    bulk_load.carry_examples_over(content_of(fresh_database), "own", counts_of(tmp_path, BEAR))
    kept = json.loads((home / "networks" / "own" / "examples.json").read_text())
    assert [one["class"] for one in kept["examples"]["mixed3a/0"]] == ["bear"]


def content_of(database: Database) -> bulk_load.FormerContent:
    networks = list_networks(database)
    classes = {one.name: bulk_load.class_ids(database, one.name) for one in networks}
    return bulk_load.FormerContent(networks, classes, [])


def counts_of(folder: Path, *classes: ClassTables) -> CountFolder:
    write_count_folder(folder / "counts", manifest(), classes)
    return CountFolder(folder / "counts")


def example(class_name: str) -> dict[str, Any]:
    box = [0, 0, 9, 9]
    return {"class": class_name, "file": "1.jpg", "activation": 1.0, "box": box, "thumbnail": None}


@pytest.mark.parametrize("name", ["precious", "../precious", "../../../precious"])
def test_names_of_a_network_cannot_point_to_other_folders(
    name: str, fresh_database: Database, home: Path, tmp_path: Path
) -> None:
    """Kind: a path made from data. The dataset in a foreign count folder's manifest may be a path."""
    precious = tmp_path / "precious"
    precious.mkdir()
    write_json(precious / "examples.json", {"format": 1, "weights_sha256": "0" * 64})
    hostile = replace(manifest(), dataset=str(precious) if name == "precious" else name)
    NetworkLoader(fresh_database, hostile, "hostile").load_class(BEAR)
    fresh_database.write("load/create_network", network={"name": "..", "weights_sha256": "0" * 64}, layers=[])
    for network in list_networks(fresh_database):
        removing.remove_network_whole(fresh_database, network)
    assert (precious / "examples.json").exists()
    assert (home / "networks" / "one").exists()
