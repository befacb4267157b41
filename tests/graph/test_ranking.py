"""Personalized PageRank in GDS and in this process, and the selected graph, compared with networkx."""

from __future__ import annotations

from dataclasses import replace

import networkx
import numpy as np
import pytest

from summit_graph.analysis.reports import new_report
from summit_graph.analysis.selection import select_channels
from summit_graph.cli import main
from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.counts.manifest import RELEVANCE_SCHEMA, ClassTables, with_influences
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.ranking.engine import choose_engine, read_influences
from summit_graph.ranking.pagerank import (
    Ranker,
    page_rank_in_session,
    personalization,
    rank_network,
    read_activations,
)
from summit_graph.records import AttributionGraph, Channel, Engine, Parameters, SelectedBy
from summit_graph.store.channels import read_network_channels
from summit_graph.store.connection import Database, open_gds
from summit_graph.store.networks import find_network, list_networks
from summit_graph.views.classes import find_class, list_classes
from summit_graph.views.faithfulness import read_scores
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.workflows.faithfulness import store_section
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import SMALL_LAYERS, class_tables, manifest, random_class, table_of

BEAR = random_class("bear", 1)
BY_RELEVANCE = Parameters(measure="relevance")


def network_of(tables: ClassTables) -> networkx.Graph:
    graph: networkx.Graph = networkx.Graph()
    graph.add_nodes_from(f"{layer.name}/{index}" for layer in SMALL_LAYERS for index in range(8))
    influences = with_influences(tables, manifest()).influences
    assert influences is not None
    for row in influences.to_pylist():
        upper, lower = f"{row['layer']}/{row['channel']}", f"{row['previous_layer']}/{row['previous']}"
        graph.add_edge(upper, lower, count=row["count"])
    return graph


def expected_pagerank(tables: ClassTables) -> dict[str, float]:
    rows = tables.activations.to_pylist()
    largest = {
        name: max((row["count"] for row in rows if row["layer"] == name), default=1) for name in LAYER_NAMES
    }
    sources = {f"{row['layer']}/{row['channel']}": row["count"] / largest[row["layer"]] for row in rows}
    graph = network_of(tables)
    return networkx.pagerank(
        graph, alpha=0.85, personalization=sources, weight="count", tol=1e-12, max_iter=1000
    )


def stored_pagerank(database: Database) -> dict[str, float]:
    with database.driver.session() as session:
        found = session.run("MATCH (:Class)-[r:RANKS]->(c) RETURN c.layer + '/' + c.index, r.pagerank")
        return dict(found.values())


@pytest.mark.parametrize("engine", ["gds", "local"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_networkx(seed: int, engine: Engine, fresh_database: Database) -> None:
    """All channels of the network, to a relative 1e-4."""
    tables = random_class("bear", seed)
    NetworkLoader(fresh_database, manifest(), "shapes", engine=engine).load_class(tables)
    found, wanted = stored_pagerank(fresh_database), expected_pagerank(tables)
    assert found.keys() == wanted.keys()
    for channel, score in wanted.items():
        assert found[channel] == pytest.approx(score, rel=1e-4, abs=1e-15)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_engines_give_one_graph(seed: int, fresh_database: Database) -> None:
    """The scores of GDS and of this process agree to a relative 1e-4; channels and influences are equal."""
    NetworkLoader(fresh_database, manifest(), "shapes", engine="gds").load_class(random_class("bear", seed))
    scores, graph = stored_pagerank(fresh_database), read_attribution_graph(fresh_database, "shapes", "bear")
    rank_network(fresh_database, find_network(fresh_database, "shapes"), Parameters(), engine="local")
    assert stored_pagerank(fresh_database) == pytest.approx(scores, rel=1e-4, abs=1e-15)
    again = read_attribution_graph(fresh_database, "shapes", "bear")
    assert [node.channel for node in again.nodes] == [node.channel for node in graph.nodes]
    assert again.edges == graph.edges


def test_gds_is_the_default_where_the_server_has_it(fresh_database: Database) -> None:
    """Nothing is said then."""
    said: list[str] = []
    assert choose_engine(fresh_database, say=said.append) == "gds"
    assert said == []


def test_scores_sum_to_one(fresh_database: Database) -> None:
    """The scores of the network's channels sum to 1."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    assert sum(stored_pagerank(fresh_database).values()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("engine", ["gds", "local"])
@pytest.mark.parametrize("end", ["(channel)", "(:Person)"])
def test_influences_of_other_programs_are_left_out(
    end: str, engine: Engine, fresh_database: Database
) -> None:
    """Also with this class's number, or on this network's channels. Kind: a shared database."""
    with fresh_database.driver.session() as session:
        NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
        session.run(
            "MATCH (class:Class {name: 'bear'}), (channel:Channel {id: 'shapes/mixed3a/0'}) "
            f"CREATE (:Person)-[:INFLUENCES {{class_id: class.id, count: 1000}}]->{end}"
        ).consume()
    rank_network(fresh_database, find_network(fresh_database, "shapes"), Parameters(), engine=engine)
    found = stored_pagerank(fresh_database)
    assert found == pytest.approx(expected_pagerank(BEAR), rel=1e-4, abs=1e-15)


def test_isolated_channels_with_activation_are_ranked(fresh_database: Database) -> None:
    """A class without influences is ranked by its sources, as in networkx."""
    tables = class_tables("alone", [("mixed3a", 0, 4), ("mixed3a", 1, 2), ("mixed5b", 7, 9)])
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(tables)
    found, wanted = stored_pagerank(fresh_database), expected_pagerank(tables)
    assert found["mixed3a/0"] == pytest.approx(wanted["mixed3a/0"], rel=1e-6)
    assert found["mixed3a/0"] == pytest.approx(2 * found["mixed3a/1"], rel=1e-6)


def test_the_graph_is_the_selected_channels_and_all_influences_between_them(
    fresh_database: Database,
) -> None:
    """Selection by networkx's scores gives the same nodes; the edges have the counts of the count files."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    graph = read_attribution_graph(fresh_database, "shapes", "bear")
    scores = expected_pagerank(BEAR)
    layers = [np.array([scores[f"{name}/{index}"] for index in range(8)]) for name in LAYER_NAMES]
    influences = with_influences(BEAR, manifest()).influences
    assert influences is not None
    rows = influences.to_pylist()
    pairs = [
        np.array([(r["previous"], r["channel"]) for r in rows if r["layer"] == name]).reshape(-1, 2)
        for name in LAYER_NAMES[1:]
    ]
    selection = select_channels(layers, pairs)
    assert selection is not None
    wanted = {
        Channel(name, int(i))
        for name, part in zip(LAYER_NAMES, selection.channels, strict=True)
        for i in part
    }
    assert {node.channel for node in graph.nodes} == wanted
    between = {
        (Channel(r["previous_layer"], r["previous"]), Channel(r["layer"], r["channel"]), r["count"], r["via"])
        for r in rows
    }
    between = {edge for edge in between if {edge[0], edge[1]} <= wanted}
    assert between
    assert {(edge.previous, edge.channel, edge.count, edge.via) for edge in graph.edges} == between


def test_a_graph_that_is_sent_to_gds_has_the_same_scores(fresh_database: Database) -> None:
    """As in a session of Aura Graph Analytics: the same calls, to this server's GDS; the graph is dropped."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    stored = find_class(fresh_database, "shapes", "bear")
    channels = read_network_channels(fresh_database, "shapes")
    counts = read_activations(fresh_database, channels, stored.id)
    pairs, weights = read_influences(fresh_database, channels, stored.id)
    gds = open_gds(fresh_database)
    scores = page_rank_in_session(gds, pairs, weights, personalization(channels, counts))
    names = [
        f"{layer}/{index}"
        for layer, indices in zip(LAYER_NAMES, channels.by_layer(channels.indices), strict=True)
        for index in indices
    ]
    assert dict(zip(names, scores, strict=True)) == pytest.approx(expected_pagerank(BEAR), rel=1e-4)
    assert not [one for one in gds.graph.list() if one.graph_name.startswith("influences-")]


def test_without_credentials_no_session_is_tried(
    fresh_database: Database,
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``rank --ranking sessions`` exits with 2 and names them; the ranking is unchanged."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    before = stored_pagerank(fresh_database)
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["rank", "--ranking", "sessions"])
    assert ended.value.code == 2
    assert "set CLIENT_ID and CLIENT_SECRET" in " ".join(capsys.readouterr().err.split())
    assert stored_pagerank(fresh_database) == before


def test_ranking_again_changes_nothing(fresh_database: Database) -> None:
    """One transaction replaces ranking, selection and edges."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(BEAR)
    before = read_attribution_graph(fresh_database, "shapes", "bear")
    stored = find_class(fresh_database, "shapes", "bear")
    Ranker(fresh_database, find_network(fresh_database, "shapes"), Parameters()).rank_class(stored.id, "bear")
    assert read_attribution_graph(fresh_database, "shapes", "bear") == before


def selected(database: Database, by: SelectedBy, *, parameters: Parameters) -> AttributionGraph:
    """The bear's graph with channels selected by a score; its relevance has another order than counts."""
    counts = random_class("bear", 1)
    places = [(layer, channel) for layer in LAYER_NAMES for channel in range(8)]
    sums = [(layer, channel, float((3 * channel) % 8 - 3)) for layer, channel in places]
    tables = replace(counts, relevance=table_of(sums, RELEVANCE_SCHEMA))
    NetworkLoader(database, manifest(parameters=parameters), "shapes", selected_by=by).load_class(tables)
    return read_attribution_graph(database, "shapes", "bear")


@pytest.mark.parametrize("by", ["counts", "relevance"])
def test_channels_are_selected_by_another_score(by: SelectedBy, fresh_database: Database) -> None:
    """The paper's selection, with the score in the place of PageRank; no channel of negative relevance."""
    graph = selected(fresh_database, by, parameters=BY_RELEVANCE)
    stored = find_class(fresh_database, "shapes", "bear")
    scores = read_scores(fresh_database, find_network(fresh_database, "shapes"), stored)
    by_layer = [
        np.maximum(one, 0) for one in (scores.relevance if by == "relevance" else scores.counts).values()
    ]
    rows = fresh_database.read("view/class_influences", **{"class": stored.id})
    pairs = [
        np.array([(row["previous"], row["channel"]) for row in rows if row["layer"] == layer]).reshape(-1, 2)
        for layer in LAYER_NAMES[1:]
    ]
    wanted = select_channels(by_layer, pairs)
    assert wanted is not None
    assert {node.channel for node in graph.nodes} == {
        Channel(layer, int(at))
        for layer, some in zip(LAYER_NAMES, wanted.channels, strict=True)
        for at in some
    }
    assert (stored.selected_by, graph.selected_by) == (by, by)


def test_ranking_again_selects_by_pagerank(fresh_database: Database) -> None:
    """The paper's selection is the default, also where another was used before."""
    other = selected(fresh_database, "relevance", parameters=BY_RELEVANCE)
    rank_network(fresh_database, find_network(fresh_database, "shapes"), BY_RELEVANCE)
    again = read_attribution_graph(fresh_database, "shapes", "bear")
    assert again.selected_by == "pagerank"
    assert {node.channel for node in again.nodes} != {node.channel for node in other.nodes}


def test_a_report_is_of_the_graph_that_was_tested(fresh_database: Database) -> None:
    """Another selection drops it, the same one keeps it (kind: numbers of a graph that is gone)."""
    selected(fresh_database, "counts", parameters=BY_RELEVANCE)
    network, stored = find_network(fresh_database, "shapes"), find_class(fresh_database, "shapes", "bear")
    report, section = new_report("shapes", "bear"), {"verdict": "", "measured": {"state": "s"}}
    kept = []
    store_section(fresh_database, stored, report, "nodes", section)
    for by in ("counts", "pagerank"):
        rank_network(fresh_database, network, BY_RELEVANCE, selected_by=by)
        (row,) = fresh_database.read("view/class_faithfulness", **{"class": stored.id})
        kept.append(row["report"] is not None)
    assert kept == [True, False]
    with pytest.raises(SummitGraphError, match="selected anew meanwhile"):
        store_section(fresh_database, stored, report, "nodes", section)


def test_activations_are_not_selected_by_relevance(fresh_database: Database) -> None:
    """Nothing is written."""
    with pytest.raises(UsageError, match="count with --measure relevance"):
        selected(fresh_database, "relevance", parameters=Parameters())
    assert list_networks(fresh_database) == []


def test_relevance_that_was_not_kept_is_an_error(fresh_database: Database) -> None:
    """Networks of earlier versions have none (kind: stores of earlier versions)."""
    loader = NetworkLoader(
        fresh_database, manifest(parameters=BY_RELEVANCE), "shapes", selected_by="relevance"
    )
    with pytest.raises(SummitGraphError, match="ingest its classes again"):
        loader.load_class(BEAR)


def test_a_class_without_activation_is_an_error_without_remains(fresh_database: Database) -> None:
    """It has no graph, so nothing is written."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    with pytest.raises(SummitGraphError, match="no activation at all"):
        loader.load_class(class_tables("dark", []))
    assert list_classes(fresh_database, "shapes") == []


def test_no_projection_remains_in_memory(fresh_database: Database) -> None:
    """Each projection is dropped."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    loader.load_class(BEAR)
    assert len(loader.ranker.gds.graph.list()) == 0
