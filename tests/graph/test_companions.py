"""Networks of one model that are counted by different measures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from summit_graph.api import Connection
from summit_graph.cli import main
from summit_graph.counts.manifest import TABLES
from summit_graph.records import Measure, Parameters
from summit_graph.store.connection import Database
from summit_graph.store.networks import list_networks
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest, random_class, table_of

pytestmark = pytest.mark.usefixtures("environment")
Printed = pytest.CaptureFixture[str]


def load(
    database: Database,
    measure: Measure,
    *,
    network: str | None = None,
    class_: str = "bear",
    seed: int = 0,
) -> str:
    """Load a class into a network that is counted by the measure; returns the network's name."""
    about = replace(manifest(), parameters=Parameters(measure=measure))
    loader = NetworkLoader(database, about, network)
    loader.load_class(random_class(class_, seed))
    return loader.network.name


def run(printed: Printed, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = printed.readouterr()
    return int(ended.value.code or 0), out, err


def test_against_reads_the_network_of_the_same_model(fresh_database: Database, capsys: Printed) -> None:
    """From the network of activations, and from itself; its name ends in the measure."""
    usual, other = load(fresh_database, "activation"), load(fresh_database, "against", seed=1)
    assert other == f"{usual}-against"
    for network in (usual, other):
        code, out, _ = run(capsys, "graph", "bear", "--against", "--network", network)
        found = json.loads(out)
        assert (code, found["network"], found["measure"]) == (0, other, "against")


def test_against_without_such_a_network_names_the_command(fresh_database: Database, capsys: Printed) -> None:
    """One line (kind: an error without a remedy)."""
    load(fresh_database, "activation", network="mine")
    code, _, err = run(capsys, "graph", "bear", "--against")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "summit-graph ingest IMAGES --network mine-against --weights FILE --measure against" in err


def test_of_several_networks_against_the_named_one_is_read(fresh_database: Database, capsys: Printed) -> None:
    """The one with the base name; else the error lists them."""
    load(fresh_database, "relevance", network="mine-relevance")
    for name in ("mine-against", "other-against"):
        load(fresh_database, "against", network=name)
    _, out, _ = run(capsys, "graph", "bear", "--against", "--network", "mine-relevance")
    assert json.loads(out)["network"] == "mine-against"
    load(fresh_database, "activation", network="third")
    code, _, err = run(capsys, "graph", "bear", "--against", "--network", "third")
    assert code == 2
    assert "mine-against, other-against" in err


# Less-contributing channels

#: Channels of mixed3a: one only fires, one also contributes, one opposes, one contributes less than those
#: that are counted.
ONLY_FIRES, SUPPORTS, OPPOSES, IS_FOURTH = 1, 2, 3, 5
COUNTS: dict[Measure, dict[int, int]] = {
    "activation": {ONLY_FIRES: 9, SUPPORTS: 9, OPPOSES: 9, IS_FOURTH: 9, 4: 2},
    "relevance": {SUPPORTS: 8},
    "against": {OPPOSES: 7},
}
SUMS = {ONLY_FIRES: 1.0, SUPPORTS: 40.0, OPPOSES: -50.0, IS_FOURTH: 20.0}
RELEVANCE = table_of(
    [("mixed3a", channel, relevance) for channel, relevance in SUMS.items()], TABLES["relevance"]
)


@pytest.fixture
def three(fresh_database: Database) -> Database:
    """The class "bear" of ten images, counted by each measure."""
    for measure, counts in COUNTS.items():
        rows = [("mixed3a", channel, count) for channel, count in counts.items()]
        about = replace(manifest(), parameters=Parameters(measure=measure))
        tables = class_tables("bear", rows, images=10)
        relevance = RELEVANCE if measure == "relevance" else None
        NetworkLoader(fresh_database, about, None).load_class(replace(tables, relevance=relevance))
    return fresh_database


def test_less_contributing_channels_fire_and_do_nothing(three: Database, capsys: Printed) -> None:
    """Not those that often speak for or against it, that seldom fire, or whose relevance is large in sum."""
    name = load_name(three)
    code, out, _ = run(capsys, "less-contributing", "bear", "--network", name, "--json")
    assert code == 0
    (channel,) = json.loads(out)["channels"]
    assert list(channel) == ["channel", "count", "fires", "supports", "opposes", "of_largest", "label"]
    assert list(channel.values()) == ["mixed3a/1", 9, 0.9, 0.0, 0.0, 0.02, None]


def test_less_contributing_channels_are_a_table_in_python(three: Database) -> None:
    """With the columns of the command, channels as text."""
    found = Connection(three, load_name(three)).less_contributing("bear")
    assert found["channel"].tolist() == ["mixed3a/1"]
    assert found["of_largest"].tolist() == [0.02]


def test_less_contributing_channels_need_the_class_in_all_three(three: Database, capsys: Printed) -> None:
    """Else every channel that fires would seem to do nothing (kind: an empty answer that misleads)."""
    name = load_name(three)
    load(three, "activation", network=name, class_="bus")
    code, _, err = run(capsys, "less-contributing", "bus", "--network", name)
    assert code == 1
    assert f"network {name}-relevance has no class 'bus'" in err


def load_name(database: Database) -> str:
    """The name of the network of activations."""
    return min((network.name for network in list_networks(database)), key=len)


def test_a_table_says_the_measure_on_stderr(fresh_database: Database, capsys: Printed) -> None:
    """Its columns stay as they are (kind: counts of which nobody knows what was counted)."""
    load(fresh_database, "against", network="mine")
    code, _, err = run(capsys, "query", "top_channels", "-p", "class=bear")
    assert code == 0
    assert err == "Network mine is counted by relevance against the class, baseline mean.\n"
