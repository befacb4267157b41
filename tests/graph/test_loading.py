"""Loading counts into a real Neo4j: the resulting graph, and that a class is written completely or not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import ClassTables, with_influences
from summit_graph.errors import DatabaseError, SummitGraphError, UsageError
from summit_graph.images.input_rule import TORCHVISION_INPUT
from summit_graph.ranking.pagerank import rank_network
from summit_graph.records import Channel, Parameters
from summit_graph.store import connection
from summit_graph.store.channels import read_network_channels
from summit_graph.store.class_writer import pending_class, publish_class, write_counts
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, find_network, list_networks, open_network
from summit_graph.store.removal import (
    classes_being_written,
    clear_leftovers,
    remove_class,
    remove_network,
)
from summit_graph.store.schema import create_schema
from summit_graph.system.owners import this_owner
from summit_graph.views.classes import list_classes
from summit_graph.workflows import load as loading
from summit_graph.workflows.export_network import export_network
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class

BEAR, LION = random_class("bear", 1), random_class("lion", 2)


def rows(database: Database, query: str, **parameters: Any) -> list[tuple]:
    """Rows of a query."""
    with database.driver.session() as session:
        return [tuple(record.values()) for record in session.run(query, parameters)]


def value(database: Database, query: str, **parameters: Any) -> Any:
    return rows(database, query, **parameters)[0][0]


def load(database: Database, *classes: ClassTables, network: str = "shapes") -> None:
    loader = NetworkLoader(database, manifest(), network)
    for tables in classes:
        loader.load_class(tables)


def influences_of(tables: ClassTables) -> list[tuple]:
    table = with_influences(tables, manifest()).influences
    assert table is not None
    columns = ("previous_layer", "previous", "layer", "channel", "count", "via")
    return sorted(zip(*(table[name].to_pylist() for name in columns), strict=True), key=str)


def stored_influences(database: Database, name: str) -> list[tuple]:
    return sorted(
        rows(
            database,
            """MATCH (class:Class {name: $name})
               MATCH (a:Channel)-[r:INFLUENCES {class_id: class.id}]->(b:Channel)
               RETURN a.layer, a.index, b.layer, b.index, r.count, r.via""",
            name=name,
        ),
        key=str,
    )


def whole_graph(database: Database) -> dict[str, list[tuple]]:
    """The graph that readers see, without the classes' ids."""
    relationships = {
        kind: sorted(
            rows(
                database,
                f"""MATCH (class:Class)-[r:{kind}]->(c:Channel)
                    RETURN class.name, c.id, r.count, round(r.pagerank, 12)""",
            ),
            key=str,
        )
        for kind in ("ACTIVATES", "RANKS", "SELECTS")
    }
    edges = {
        kind: sorted(
            rows(
                database,
                f"""MATCH (a:Channel)-[r:{kind}]->(b:Channel)
                    MATCH (class:Class {{id: r.class_id}})
                    RETURN class.name, a.id, b.id, r.count, r.via, r.via_stop, r.skip""",
            ),
            key=str,
        )
        for kind in ("INFLUENCES", "SELECTED_INFLUENCE")
    }
    return {
        **relationships,
        **edges,
        "SUPPORTS": stored_outputs(database),
        "CONTRIBUTES": stored_relevance(database),
        "layers": stored_layers(database),
    }


def stored_outputs(database: Database) -> list[tuple]:
    return rows(
        database,
        """MATCH (c:Channel)-[r:SUPPORTS]->(class:Class {id: r.class_id})
           RETURN class.name AS name, c.id AS channel, r.count ORDER BY name, channel""",
    )


def stored_relevance(database: Database) -> list[tuple]:
    return rows(
        database,
        """MATCH (c:Channel)-[r:CONTRIBUTES]->(class:Class {id: r.class_id})
           RETURN class.name AS name, c.id AS channel, r.relevance ORDER BY name, channel""",
    )


def stored_layers(database: Database) -> list[tuple]:
    return rows(
        database,
        """MATCH (network:Network)-[:HAS_LAYER]->(layer:Layer)
           RETURN network.stops, layer.position AS position, layer.name, layer.channels, layer.size
           ORDER BY position""",
    )


def test_a_network_has_its_layers_and_channels(fresh_database: Database) -> None:
    """Nine layers of eight channels with their branches."""
    load(fresh_database, BEAR)
    found = rows(
        fresh_database,
        """MATCH (:Network {name: 'shapes'})-[:HAS_LAYER]->(l:Layer)-[:HAS_CHANNEL]->(c:Channel)
           RETURN l.position, l.name, l.channels, c.id, c.branch ORDER BY l.position, c.index""",
    )
    assert len(found) == 72
    assert found[11] == (1, "mixed3b", 8, "shapes/mixed3b/3", "3x3")


def test_the_network_has_its_totals_and_parameters(fresh_database: Database) -> None:
    """Two classes of ten images each."""
    load(fresh_database, BEAR, LION)
    network = list_networks(fresh_database)[0]
    assert (network.classes, network.images, network.parameters) == (2, 20, Parameters())


def test_activations_are_the_row_of_a(fresh_database: Database) -> None:
    """ACTIVATES has every count that is not 0."""
    load(fresh_database, BEAR)
    found = rows(
        fresh_database,
        """MATCH (:Class {name: 'bear'})-[r:ACTIVATES]->(c:Channel)
           RETURN c.layer, c.index, r.count ORDER BY c.layer, c.index""",
    )
    assert found == list(zip(*(column.to_pylist() for column in BEAR.activations.columns), strict=True))


def test_influences_are_those_of_the_counts(fresh_database: Database) -> None:
    """Every relationship of the full network, with count and via."""
    load(fresh_database, BEAR, LION)
    assert stored_influences(fresh_database, "bear") == influences_of(BEAR)
    assert stored_influences(fresh_database, "lion") == influences_of(LION)


def test_loading_twice_gives_the_same_graph(fresh_database: Database) -> None:
    """Replacing a class by the same counts changes only its id."""
    load(fresh_database, BEAR, LION)
    first = whole_graph(fresh_database)
    load(fresh_database, LION, BEAR)
    assert whole_graph(fresh_database) == first
    assert value(fresh_database, "MATCH (n:RetiredClass|PendingClass) RETURN count(n)") == 0


def test_a_replaced_class_gets_a_new_id(fresh_database: Database) -> None:
    """Readers use it to detect that they read two states."""
    load(fresh_database, BEAR)
    before = list_classes(fresh_database, "shapes")[0].id
    load(fresh_database, BEAR)
    assert list_classes(fresh_database, "shapes")[0].id > before


def test_a_class_being_written_is_not_visible(fresh_database: Database) -> None:
    """Until it is published, readers see only the previous state."""
    load(fresh_database, BEAR)
    former = whole_graph(fresh_database)
    other = random_class("bear", 9)
    channels = read_network_channels(fresh_database, "shapes")
    with pending_class(fresh_database, "shapes", other.summary) as class_id:
        write_counts(fresh_database, channels, class_id, with_influences(other, manifest()))
        assert whole_graph(fresh_database) == former
        publish_class(fresh_database, find_network(fresh_database, "shapes"), class_id, "bear")
    assert stored_influences(fresh_database, "bear") == influences_of(other)


def test_a_failure_while_writing_leaves_no_remains(fresh_database: Database) -> None:
    """The pending class and its relationships are deleted."""
    load(fresh_database, BEAR)
    before = value(fresh_database, "MATCH ()-[r]->() RETURN count(r)")
    broken = replace(with_influences(LION, manifest()), activations=LION.activations.drop_columns("count"))
    with pytest.raises(KeyError):
        NetworkLoader(fresh_database, manifest(), "shapes").load_class(broken)
    assert value(fresh_database, "MATCH ()-[r]->() RETURN count(r)") == before
    assert value(fresh_database, "MATCH (n:PendingClass|RetiredClass) RETURN count(n)") == 0


def test_remains_of_a_killed_writer_are_deleted_by_the_next(fresh_database: Database) -> None:
    """A pending class whose process has ended is deleted."""
    load(fresh_database, BEAR)
    before = whole_graph(fresh_database)
    dead = subprocess.run(
        [
            sys.executable,
            "-c",
            "from summit_graph.system.owners import this_owner; print(this_owner())",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with fresh_database.driver.session() as session:
        session.run(
            """CREATE (:PendingClass {id: 9999, network: 'shapes', writer: $dead, touched: datetime()})
               WITH 1 AS one
               MATCH (a:Channel {id: 'shapes/mixed3a/0'}), (b:Channel {id: 'shapes/mixed3b/0'})
               CREATE (a)-[:INFLUENCES {class_id: 9999, count: 1}]->(b)""",
            dead=dead,
        ).consume()
    clear_leftovers(fresh_database)
    assert value(fresh_database, "MATCH ()-[r:INFLUENCES {class_id: 9999}]->() RETURN count(r)") == 0
    assert value(fresh_database, "MATCH (n:PendingClass) RETURN count(n)") == 0
    assert whole_graph(fresh_database) == before


def test_the_class_of_a_running_writer_is_not_deleted(fresh_database: Database) -> None:
    """Deleting remains does not affect the class that this process is writing."""
    create_schema(fresh_database)
    open_network(fresh_database, manifest(), "shapes")
    with pending_class(fresh_database, "shapes", BEAR.summary):
        clear_leftovers(fresh_database)
        assert value(fresh_database, "MATCH (n:PendingClass) RETURN count(n)") == 1


def made_again(database: Database) -> Network:
    """A network that was removed and made again under its name; returns the former one."""
    former = NetworkLoader(database, manifest(), "shapes").network
    remove_network(database, former)
    NetworkLoader(database, manifest(), "shapes")
    return former


def test_a_network_made_again_takes_no_class_of_the_former_ones_writer(fresh_database: Database) -> None:
    """Its channels may have the former ones' node ids (kind: a name that means another thing by now)."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    with pytest.raises(SummitGraphError, match="was removed"):
        publish_late(loader, BEAR)
    assert list_classes(fresh_database, "shapes") == []
    assert value(fresh_database, "MATCH ()-[r:INFLUENCES|ACTIVATES|RANKS|SELECTS]->() RETURN count(r)") == 0


def publish_late(loader: NetworkLoader, tables: ClassTables) -> None:
    """Write and rank a class as a writer whose node ids are valid; then the network is made again."""
    database, name = loader.database, tables.summary.name
    with pending_class(database, "shapes", tables.summary) as class_id:
        made_again(database)
        channels = read_network_channels(database, "shapes")  # as if Neo4j gave the same node ids again
        write_counts(database, channels, class_id, with_influences(tables, manifest()))
        publish_class(database, loader.network, class_id, name)


def test_a_ranking_of_a_former_network_is_not_written(fresh_database: Database) -> None:
    """A class of the same id in the network made again has another network behind it."""
    former = made_again(fresh_database)
    load(fresh_database, BEAR)
    before = whole_graph(fresh_database)
    with pytest.raises(SummitGraphError, match="replaced or removed"):
        rank_network(fresh_database, former, Parameters())
    assert whole_graph(fresh_database) == before


def test_a_removal_confirmed_for_a_former_network_leaves_the_new_one(
    fresh_database: Database,
) -> None:
    """Between the question and the answer another one may have been made."""
    former = made_again(fresh_database)
    load(fresh_database, BEAR)
    remove_network(fresh_database, former)
    assert [stored.summary.name for stored in list_classes(fresh_database, "shapes")] == ["bear"]


def test_classes_being_written_are_known(fresh_database: Database) -> None:
    """Only those of live writers: a killed one's are leftovers."""
    open_network(fresh_database, manifest(), "shapes")
    with pending_class(fresh_database, "shapes", BEAR.summary) as class_id:
        assert classes_being_written(fresh_database) == ["shapes/bear"]
        dead = "MATCH (c:PendingClass {id: $class}) SET c.writer = $writer RETURN 1"
        value(fresh_database, dead, **{"class": class_id, "writer": this_owner().rpartition("|")[0] + "|0"})
        assert classes_being_written(fresh_database) == []


def test_a_network_of_other_weights_is_refused(fresh_database: Database) -> None:
    """Weights are never mixed in a network."""
    load(fresh_database, BEAR)
    with pytest.raises(SummitGraphError, match="other weights"):
        NetworkLoader(fresh_database, manifest(weights="1" * 64), "shapes")


def test_a_network_of_other_parameters_is_refused(fresh_database: Database) -> None:
    """Parameters are never mixed in a network."""
    load(fresh_database, BEAR)
    with pytest.raises(SummitGraphError, match="other parameters"):
        NetworkLoader(fresh_database, manifest(parameters=Parameters(top_influences=3)), "shapes")


def test_without_a_name_the_only_matching_network_is_used(fresh_database: Database) -> None:
    """It is found by weights and parameters."""
    load(fresh_database, BEAR)
    assert open_network(fresh_database, manifest(), None).name == "shapes"


def test_without_a_matching_network_one_is_created(fresh_database: Database) -> None:
    """It is named after weights and dataset."""
    create_schema(fresh_database)
    assert open_network(fresh_database, manifest(), None).name == "tiny-shapes"


def test_a_network_name_has_plain_characters(fresh_database: Database) -> None:
    """A slash would break the channels' ids."""
    with pytest.raises(UsageError, match="letters, digits"):
        open_network(fresh_database, manifest(), "a/b")


def test_removing_a_class_keeps_the_other(fresh_database: Database) -> None:
    """Its relationships are removed too, and the totals are updated."""
    load(fresh_database, LION)
    alone = whole_graph(fresh_database)
    load(fresh_database, BEAR)
    remove_class(fresh_database, "shapes", "bear")
    assert whole_graph(fresh_database) == alone
    assert list_networks(fresh_database)[0].classes == 1
    assert value(fresh_database, "MATCH ()-[r:INFLUENCES]->() RETURN count(r)") == len(influences_of(LION))


def test_a_removed_network_leaves_no_remains(fresh_database: Database) -> None:
    """Only the counter of class ids is kept."""
    load(fresh_database, BEAR)
    remove_network(fresh_database, find_network(fresh_database, "shapes"))
    assert rows(fresh_database, "MATCH (n) RETURN DISTINCT labels(n)") == [(["Counter"],)]


def test_an_interrupted_removal_is_finished_by_the_next_writer(fresh_database: Database) -> None:
    """A retired network is deleted before a new one with its name is created."""
    load(fresh_database, BEAR)
    created = find_network(fresh_database, "shapes").created
    fresh_database.write("load/retire_network", network="shapes", created=created)
    load(fresh_database, LION)
    assert [stored.summary.name for stored in list_classes(fresh_database, "shapes")] == ["lion"]


def test_excluded_channels_are_nodes_without_rank(fresh_database: Database) -> None:
    """Every channel of the network except the excluded ones has RANKS."""
    left_out = Channel("mixed3a", 3)
    own = manifest(parameters=Parameters(excluded=(left_out,)))
    NetworkLoader(fresh_database, own, "shapes").load_class(BEAR)
    ranked = value(fresh_database, "MATCH (:Class)-[r:RANKS]->(c) RETURN collect(c.id)")
    assert len(ranked) == 71
    assert "shapes/mixed3a/3" not in ranked


def test_a_network_has_its_input_rule(fresh_database: Database, tmp_path: Path) -> None:
    """Kind: an assumption that no file records. The rule is stored, exported and never mixed."""
    rule = replace(TORCHVISION_INPUT, transform_input=False)
    NetworkLoader(fresh_database, replace(manifest(), input=rule), "scratch").load_class(BEAR)
    (network,) = list_networks(fresh_database)
    assert network.input == rule
    export_network(fresh_database, network, tmp_path / "out")
    assert CountFolder(tmp_path / "out").manifest.input == rule
    with pytest.raises(SummitGraphError, match="other input rules"):
        open_network(fresh_database, manifest(), "scratch")


def test_a_class_that_does_not_fit_on_the_disk_is_not_written(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: a full disk during a write, which stops the database and may damage its transaction log."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    monkeypatch.setattr(loading, "INFLUENCE_BYTES", 10**18)
    with pytest.raises(DatabaseError, match=r"needs .* MB on the disk of .*/neo4j for writing"):
        loader.load_class(BEAR)
    assert rows(fresh_database, "MATCH (n:PendingClass) RETURN n") == []


def test_nothing_is_written_to_a_disk_that_is_nearly_full(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction leaves a reserve, whichever command writes."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    loader.load_class(BEAR)
    monkeypatch.setattr(connection, "RESERVE", 10**18)
    with pytest.raises(DatabaseError, match=r"needs .* MB on the disk of .*/neo4j for writing"):
        remove_class(fresh_database, "shapes", "bear")
    assert [one.summary.name for one in list_classes(fresh_database, "shapes")] == ["bear"]
