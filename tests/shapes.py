"""The network "shapes": small classes with random counts, for tests of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from summit_graph.analysis.channel_groups import ChannelGroup, Grouping, Redundancy
from summit_graph.analysis.motifs import mine_motifs
from summit_graph.counts.manifest import ClassTables
from summit_graph.records import Channel, ChannelLabel, Labelling
from summit_graph.store.channel_groups import write_groups
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.views.classes import list_classes
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class

NETWORK = "shapes"
#: Name -> seed of the counts; the first two classes have equal counts.
SEEDS = {"bear": 0, "bear again": 0, "bus": 1, "lion": 2, "ox": 3}
BEAR_TITLE = "brown bear"


def shape_classes() -> list[ClassTables]:
    """The classes of ``SEEDS``; the bear has another title than its name."""
    bear, *others = (random_class(name, seed) for name, seed in SEEDS.items())
    return [replace(bear, summary=replace(bear.summary, title=BEAR_TITLE)), *others]


def load_shapes(database: Database, classes: Iterable[ClassTables]) -> Database:
    """Load and rank the classes; returns the database."""
    loader = NetworkLoader(database, manifest(), NETWORK)
    for tables in classes:
        loader.load_class(tables)
    return database


def add_positions_and_motifs(database: Database) -> None:
    """Embed the classes and store 20 motifs."""
    embed_network(database, NETWORK)
    motifs = mine_motifs(read_graph_set(database, NETWORK)).select(min_support=1, limit=20)
    write_motifs(database, NETWORK, motifs, shape="chain", size=3)


def label_channels(database: Database, network: str, texts: Mapping[str, str]) -> None:
    """Label some channels, and no others: ``mixed4c/447`` -> text."""
    labels = {Channel.parse(name): ChannelLabel(text, 0.9, "concepts") for name, text in texts.items()}
    write_labels(database, network, labels, Labelling(("concepts",), 1, 1))


def add_labels(database: Database) -> None:
    """Label every channel of mixed4c and mixed4e as a bear."""
    label = ChannelLabel("bear", 0.9, "concepts")
    widths = {"mixed4c": 512, "mixed4e": 832}
    labels = {Channel(layer, index): label for layer, width in widths.items() for index in range(width)}
    classes = list_classes(database, NETWORK)
    labelling = Labelling(("concepts",), len(classes), max(stored.id for stored in classes))
    write_labels(database, NETWORK, labels, labelling)


def add_groups(
    database: Database, network: str = NETWORK, layer: str = "mixed4c", indices: tuple[int, ...] = (0, 1)
) -> None:
    """Store one group of channels of a layer."""
    channels = tuple(Channel(layer, index) for index in indices)
    group = ChannelGroup(layer, 1, channels, 0.75)
    nearest = zip(channels, channels[1:] + channels[:1], strict=True)
    grouping = Grouping("leiden", (group,), tuple(Redundancy(one, other, 0.75) for one, other in nearest))
    classes = [stored.id for stored in list_classes(database, network)]
    write_groups(database, network, grouping, classes=classes)
