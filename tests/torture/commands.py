"""The commands that write to the graph, and what each one leaves."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import UnknownNameError
from summit_graph.records import AttributionGraph
from summit_graph.store.connection import Database
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.graph.test_loading import rows, value, whole_graph
from tests.torture.forked import ForkedCommand

FORMER = [random_class("bear", 1), random_class("lion", 2), random_class("emu", 5)]
LATER = [random_class("bear", 9), random_class("lion", 3), random_class("ox", 4)]
CONCEPTS = "bear\tpredator\nlion\tpredator\nemu\tbird\nox\tgrazer\n"
OF_SHAPES = ["--network", "shapes"]
COMMANDS = {
    "load": ["load", "counts", *OF_SHAPES],
    "rank": ["rank", *OF_SHAPES, "--select", "counts"],
    "rm": ["rm", "bear", *OF_SHAPES],
    "motifs": ["motifs", *OF_SHAPES, "--store", "--null", "1"],
    "import": ["import", "counts", *OF_SHAPES],
    "embed": ["embed", *OF_SHAPES],
    "migration": ["rm", "lion", *OF_SHAPES],
    "groups": ["groups", *OF_SHAPES],
    "label": ["label", *OF_SHAPES, "--concepts", "concepts.tsv"],
    "rm network": ["rm", *OF_SHAPES, "--yes"],
}
#: Of so many rounds one runs the program itself, which imports first.
PROGRAMS = 20

#: What only an unfinished command leaves: hidden nodes, relationships of no class.
HIDDEN = "MATCH (n:PendingClass|RetiredClass|RetiredNetwork) RETURN count(n)"
LOOSE = """MATCH ()-[r:INFLUENCES|SELECTED_INFLUENCE]->()
WHERE NOT EXISTS { (:Class {id: r.class_id}) } RETURN count(r)"""
REMOVED = """RETURN NOT EXISTS { (:Network {name: 'shapes'}) } OR
$name IS NOT NULL AND NOT EXISTS { (:Class {network: 'shapes', name: $name}) }"""
#: Classes with positions as older versions stored them: the first writer moves them.
OLD = """MERGE (:Layer {network: 'former', name: 'mixed3a'}) WITH 1 AS one UNWIND range(1, 2000) AS at
CREATE (:Class {id: -at, network: 'former', name: toString(at), embedding_mixed3a: [toFloat(at), 0.5]})"""
PLACES = """MATCH (class:Class)-[place:PLACED]->(layer:Layer)
RETURN class.name, layer.name, place.x, place.y, class.embedding_mixed3a"""
CHANNELS = """MATCH (channel:Channel)
RETURN channel.id, channel.label, channel.label_score, channel.nearest, channel.redundancy"""
NETWORKS = """MATCH (network:Network) RETURN network.name, network.classes, network.label_sources,
network.labelled_classes, network.group_method, network.grouped_classes"""
PARTS = """MATCH (part:Motif|ChannelGroup)
OPTIONAL MATCH (part)-[link]-(other)
RETURN labels(part), [key IN keys(part) WHERE key <> 'newest' | [key, part[key]]], type(link),
       CASE WHEN other:Class THEN other.name ELSE other.id END"""


class Started(Protocol):
    """A running command."""

    def kill(self) -> None: ...

    def wait(self) -> int: ...


class Undisturbed(NamedTuple):
    """What a command that is not killed leaves, and how long it takes."""

    graph: dict[str, list[tuple]]
    seconds: float


def write_inputs(folder: Path) -> Path:
    """The commands' current folder, with their files."""
    write_count_folder(folder / "counts", manifest(), LATER)
    (folder / "concepts.tsv").write_text(CONCEPTS)
    return folder


def run(name: str, folder: Path, *, program: bool = False) -> Started:
    """Start a command in a fork, or as the program that users start."""
    log = folder / "log"
    if not program:
        return ForkedCommand(COMMANDS[name], folder=folder, log=log)
    with log.open("ab") as output:
        command = [sys.executable, "-m", "summit_graph", *COMMANDS[name]]
        return subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)


def moment(number: int, seconds: float, *, program: bool) -> float:
    """A random moment of a command's time; a program's first part imports."""
    return random.Random(number).uniform(0.3 if program else 0.0, 1.0) * seconds


def rounded(database: Database) -> dict[str, list[tuple]]:
    """The graph that readers see; scores to nine digits, as GDS adds in an undefined order."""
    queries = {"PLACED": PLACES, "channels": CHANNELS, "networks": NETWORKS, "parts": PARTS}
    graph = whole_graph(database) | {name: rows(database, query) for name, query in queries.items()}
    return {
        kind: sorted((tuple(map(_rounded, row)) for row in found), key=str) for kind, found in graph.items()
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_rounded, value), key=str)
    return float(f"{value:.9g}") if isinstance(value, float) else value


def prepare(name: str, database: Database) -> None:
    """What is in the graph before the command, ranked here: faster than in GDS for so small classes."""
    loader = NetworkLoader(database, manifest(), "shapes", engine="local")
    for tables in FORMER:
        loader.load_class(tables)
    if name == "migration":
        rows(database, OLD)


def undisturbed(
    known: dict[tuple[str, bool], Undisturbed], name: str, database: Database, folder: Path, *, program: bool
) -> Undisturbed:
    """What the command leaves and how long it takes; it runs once on the graph on which others are killed."""
    if (name, program) not in known:
        prepare(name, database)
        begun = time.monotonic()
        assert run(name, folder, program=program).wait() == 0, (folder / "log").read_text()
        known[name, program] = Undisturbed(rounded(database), time.monotonic() - begun)
        empty(database)
    return known[name, program]


def empty(database: Database) -> None:
    """Delete everything except the counter of ids."""
    with database.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Counter DETACH DELETE n").consume()


def is_whole(database: Database) -> bool:
    """Whether nothing is left that only an unfinished command leaves."""
    return (value(database, HIDDEN), value(database, LOOSE)) == (0, 0)


def ended_well(process: Started, name: str, database: Database) -> bool:
    """What the killed command has removed is unknown to its second run."""
    code, words = process.wait(), COMMANDS[name]
    removed = words[1] if words[:2] != ["rm", "--network"] else None
    return code == 0 or (words[0] == "rm" and bool(value(database, REMOVED, name=removed)))


def state_of(database: Database) -> tuple[Any, ...]:
    """A class as readers see it."""
    try:
        return _seen(read_attribution_graph(database, "shapes", "bear"))
    except UnknownNameError:
        return ()


def _seen(graph: AttributionGraph) -> tuple[Any, ...]:
    nodes = tuple((node.channel, node.count, float(f"{node.pagerank:.9g}")) for node in graph.nodes)
    return nodes, tuple(graph.edges)
