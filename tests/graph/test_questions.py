"""Questions of the explorer: lists as parameters, limited answers, and pending classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from summit_graph.analysis.comparison import Comparison
from summit_graph.analysis.motifs import mine_motifs
from summit_graph.errors import DatabaseError, SummitGraphError, UnknownNameError
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.queries import find_query
from summit_graph.store.removal import remove_class
from summit_graph.system.owners import this_owner
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.motifs import read_mined
from summit_graph.views.questions import Limits, run_question
from summit_graph.views.state import read_state
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class

COMMA = "tabby, tabby cat"


@contextmanager
def pending(database: Database, writer: str) -> Iterator[None]:
    """A class that is being written, as stored in the database."""
    create = """CREATE (:PendingClass {id: -1, network: 'shapes', name: 'lynx', writer: $writer,
                                   touched: datetime()})"""
    with database.driver.session() as session:
        session.run(create, writer=writer).consume()
        yield
        session.run("MATCH (n:PendingClass {id: -1}) DELETE n").consume()


@pytest.fixture(scope="module")
def network(filled: Database) -> Database:
    """The network "shapes" with two classes, one of them with a comma in its name."""
    loader = NetworkLoader(filled, manifest(), "shapes")
    for seed, name in enumerate(("bear", COMMA)):
        loader.load_class(random_class(name, seed))
    return filled


def test_names_in_a_list_may_contain_commas(network: Database) -> None:
    """In a list, or in double quotes; a single text is split at its other commas."""
    query = find_query("compared_channels")
    columns, rows = run_question(network, query, {"classes": ["bear", COMMA]}, network="shapes")
    assert rows
    assert columns
    quoted = {"classes": f'bear,"{COMMA}"'}
    assert run_question(network, query, quoted, network="shapes") == (columns, rows)
    with pytest.raises(UnknownNameError, match="has no class 'tabby'"):
        run_question(network, query, {"classes": f"bear,{COMMA}"}, network="shapes")


def test_unknown_channel_is_an_error(network: Database) -> None:
    """A channel outside of its layer is refused; an empty answer would be misleading."""
    query = find_query("classes_using_channel")
    with pytest.raises(UnknownNameError, match="has no channel mixed4c/99999"):
        run_question(network, query, {"channel": "mixed4c/99999"}, network="shapes")


def test_an_error_of_the_server_names_the_query(network: Database) -> None:
    """Kind: errors of a query that look like errors of the database. The server refuses a negative limit."""
    query, given = find_query("classes_using_channel"), {"channel": "mixed4c/1", "limit": "-1"}
    with pytest.raises(SummitGraphError, match="query classes_using_channel failed: ") as failure:
        run_question(network, query, given, network="shapes")
    assert not isinstance(failure.value, DatabaseError)


def test_an_answer_stops_at_its_limit(network: Database) -> None:
    """It has the first rows of the unlimited answer."""
    query, given = find_query("class_influences"), {"class": "bear"}
    _, every = run_question(network, query, given, network="shapes")
    limits = Limits(rows=3, seconds=20)
    assert run_question(network, query, given, network="shapes", limits=limits)[1] == every[:3]
    assert len(every) > 3


@pytest.mark.parametrize(("writer", "seen"), [(None, ("lynx",)), ("another-host|1|0.0", ("lynx",))])
def test_a_class_being_written_is_listed(
    network: Database, writer: str | None, seen: tuple[str, ...]
) -> None:
    """While its writer is running, or may be running on another machine."""
    with pending(network, writer or this_owner()):
        assert read_state(network, "shapes").coming == seen


def test_the_class_of_a_killed_writer_is_not_listed(network: Database) -> None:
    """It will not be finished."""
    host, _, started = this_owner().split("|")
    with pending(network, f"{host}|999999999|{started}"):
        assert read_state(network, "shapes").coming == ()


def test_motifs_of_other_classes_have_a_note(network: Database) -> None:
    """The number of classes that were mined; no note while they are the network's current classes."""
    motifs = mine_motifs(read_graph_set(network, "shapes")).select(min_support=1, limit=5)
    write_motifs(network, "shapes", motifs, shape="chain", size=3)
    assert read_mined(network, "shapes") is None
    NetworkLoader(network, manifest(), "shapes").load_class(random_class("lion", 7))
    assert read_mined(network, "shapes") == 2
    remove_class(network, "shapes", "lion")
    assert read_mined(network, "shapes") is None
    NetworkLoader(network, manifest(), "shapes").load_class(random_class("bear", 8))
    assert read_mined(network, "shapes") == 2


def test_classes_with_the_same_title_are_distinguished() -> None:
    """By their names after the title; a unique title is unchanged."""
    found = Comparison("n", ("n1", "n2", "n3"), ("crane", "crane", "bear"), (), (), ())
    assert found.labels() == ("crane (n1)", "crane (n2)", "bear")
