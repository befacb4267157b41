"""Counts into the graph: each class is written, ranked and only then shown (SPEC 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from summit_graph.counts import ClassTables, CountFolder, Manifest, with_influences
from summit_graph.ranking import Ranker, Ranking
from summit_graph.store.connection import Database
from summit_graph.store.load import pending_class, publish_class, write_counts
from summit_graph.store.networks import Network, open_network
from summit_graph.store.removal import clear_leftovers
from summit_graph.store.schema import create_schema

OnWritten = Callable[[int], None]


class NetworkLoader:
    """Adds classes to one network, or replaces them.

    Raises:
        SummitGraphError: the named network was made with other weights or parameters.
        DatabaseError: GDS is absent or too old to rank.
    """

    def __init__(self, database: Database, manifest: Manifest, network: str | None) -> None:
        create_schema(database)
        self.database = database
        self.manifest = manifest
        self.network: Network = open_network(database, manifest, network)
        self.ranker = Ranker(database, self.network.name, manifest.parameters)
        clear_leftovers(database)

    def load_class(self, tables: ClassTables, *, on_written: OnWritten | None = None) -> Ranking:
        """Write, rank and show one class; readers see its former state until then."""
        network, name = self.network.name, tables.summary.name
        counted = with_influences(tables, self.manifest)
        with pending_class(self.database, network, tables.summary) as class_id:
            write_counts(self.database, network, class_id, counted, on_written=on_written)
            ranking = self.ranker.rank_class(class_id, name)
            publish_class(self.database, network, class_id, name)
        return ranking


def read_classes(folder: CountFolder, names: Iterable[str]) -> Iterable[ClassTables]:
    """The named classes of a count folder, one at a time."""
    return (folder.read_class(name) for name in names)
