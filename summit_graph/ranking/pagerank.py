"""Personalized PageRank of one class's channels, and the class's attribution graph.

1.  In Neo4j GDS: project the class's influences, undirected and weighted by count, over all channels of the
    network. Without GDS: read them, and compute the same by ``summit_graph.analysis.page_rank``, or in a
    session of Aura Graph Analytics (``summit_graph.ranking.aura_sessions``).
2.  Personalized PageRank with damping 0.85; a channel's source weight is its activation count divided by
    the largest of its layer (paper 5.3). Scores are normalised to sum 1.
3.  Select the channels (``summit_graph.analysis.selection``) by these scores, or else by the counts or by the
    positive summed relevance, and keep the influences between them.
4.  Write ranking and selection in one transaction; drop the projection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from neo4j import ManagedTransaction

from summit_graph.analysis.page_rank import DAMPING, page_rank, source_weights
from summit_graph.analysis.selection import (
    FULL_THRESHOLD,
    RankedLayer,
    Selection,
    positive_relevance,
    select_channels,
)
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.ranking.aura_sessions import constructed, errors_of_aura, opened_session
from summit_graph.ranking.engine import choose_engine, read_influences
from summit_graph.ranking.projections import open_for_projections, projected
from summit_graph.records import Engine, Parameters, RankingEngine, SelectedBy
from summit_graph.store.channels import Ints, NetworkChannels, read_network_channels
from summit_graph.store.connection import Database, repeated, run
from summit_graph.store.migration import prepare_to_write
from summit_graph.store.networks import Network
from summit_graph.system.listener import SILENT, OnClass
from summit_graph.views.classes import StoredClass, list_classes

if TYPE_CHECKING:
    from graphdatascience import Graph, GraphDataScience
    from graphdatascience.session import AuraGraphDataScience
    from pandas import DataFrame

#: Absolute, on unnormalised scores: 1e-9 gives scores to a relative 7e-7, 1e-7 to 6e-5 (measured).
TOLERANCE = 1e-9
#: 0.85^n is below the tolerance after about 130 iterations.
MAX_ITERATIONS = 300
#: Selection rarely needs more than 25 %: influences beyond are fetched only when needed.
USUAL_CEILING = 50
#: Maximum number of threads of GDS Community.
GDS_THREADS = 4
#: Memory while a projection is built, as a multiple of its size.
BUILDING = 4
#: Rows written per statement.
WRITE_ROWS = 10_000

Floats = npt.NDArray[np.float64]


class Ranking(NamedTuple):
    """One class's scores and attribution graph, by position in ``NetworkChannels``.

    Attributes:
        counts: int64 (channels,), the class's row of A.
        scores: float64 (channels,), PageRank, sum 1.
        selected: int64 (selected,), positions of the selected channels.
        edges: int64 (edges, 3), rows of [previous, channel, internal relationship id].
    """

    counts: Ints
    scores: Floats
    selected: Ints
    edges: Ints


class Ranker:
    """Ranks classes of one network; reads the network's channels once.

    Args:
        selected_by: the score that the channels of the graphs are selected by.
        engine: where PageRank is computed; as of ``choose_engine``.
        session: a session of Aura Graph Analytics that computes it instead.

    Raises:
        DatabaseError: GDS was asked for, and it is missing or too old.
        UsageError: channels are to be selected by relevance, and it was not counted.
    """

    def __init__(
        self,
        database: Database,
        network: Network,
        parameters: Parameters,
        *,
        selected_by: SelectedBy = "pagerank",
        engine: Engine | None = None,
        session: AuraGraphDataScience | None = None,
    ) -> None:
        check_selection(selected_by, parameters)
        self.selected_by = selected_by
        self.database = database
        self.network = network
        in_gds = session is None and choose_engine(database, engine) == "gds"
        self.session = session
        self.gds = open_for_projections(database) if in_gds else None
        self.channels = read_network_channels(database, network.name, parameters.excluded)

    def classes_at_a_time(self) -> int:
        """Number of classes to rank in parallel, limited by processors, GDS Community threads and heap.

        In this process it is 1: several would compete for one interpreter. In a session it is 1 too.

        The estimate is a write transaction because in a cluster it must reach the leader, where GDS computes.
        """
        if self.gds is None:
            return 1
        row = self.database.write("rank/memory_estimate", channels=len(self.channels.node))[0]
        fitting = row["heap"] // 2 // (row["bytes"] * BUILDING)
        return max(1, min(GDS_THREADS, row["processors"], fitting))

    def rank_class(self, class_id: int, name: str) -> Ranking:
        """Rank a class, finished or still being loaded, and write the result in one transaction.

        Raises:
            SummitGraphError: the class has no activation, so it has no graph.
        """
        counts = read_activations(self.database, self.channels, class_id)
        if not counts.any():
            raise SummitGraphError(f"class {name!r} has no activation at all, so it has no attribution graph")
        sources = personalization(self.channels, counts)
        scores = self.page_rank(class_id, sources)
        basis = self.basis_of_selection(class_id, scores, sources)
        selected, edges = select_graph(self.database, self.channels, class_id, basis)
        ranking = Ranking(counts, scores, selected, edges)
        repeated(lambda: self._replace_ranking(class_id, ranking))
        return ranking

    def _replace_ranking(self, class_id: int, ranking: Ranking) -> None:
        """In one transaction, half of which readers may see for a moment: the marks tell them."""
        self.database.write("rank/begin_ranking", **{"class": class_id})
        self.database.transaction(lambda tx: self.write_ranking(tx, class_id, ranking))
        self.database.write("rank/end_ranking", **{"class": class_id})

    def page_rank(self, class_id: int, sources: Floats) -> Floats:
        """Scores of all channels, float64 (channels,), sum 1.

        Args:
            sources: float64 (channels,), the personalization.
        """
        if self.gds is not None:
            return page_rank_in_gds(self.gds, self.channels, class_id, sources)
        pairs, counts = read_influences(self.database, self.channels, class_id)
        if self.session is not None:
            return page_rank_in_session(self.session, pairs, counts, sources)
        return page_rank(pairs, counts, sources)

    def basis_of_selection(self, class_id: int, scores: Floats, sources: Floats) -> Floats:
        """What the channels are selected by, float64 (channels,).

        Args:
            scores: PageRank.
            sources: the counts, scaled.
        """
        if self.selected_by == "pagerank":
            return scores
        if self.selected_by == "counts":
            return sources
        return read_positive_relevance(self.database, self.channels, class_id)

    def write_ranking(self, transaction: ManagedTransaction, class_id: int, ranking: Ranking) -> None:
        """Replace a class's RANKS, SELECTS and SELECTED_INFLUENCE; locks the class."""
        values = {"class": class_id, "created": self.network.created, "selected_by": self.selected_by}
        if not run(transaction, "rank/lock_class", **values):
            raise SummitGraphError(
                "the class was replaced or removed while it was being ranked: rank it again"
            )
        run(transaction, "rank/delete_ranking", **{"class": class_id})
        run(transaction, "rank/delete_selected_influences", **{"class": class_id})
        for query, rows in _rows_to_write(self.channels, ranking).items():
            for start in range(0, len(rows), WRITE_ROWS):
                batch = rows[start : start + WRITE_ROWS]
                run(transaction, f"rank/{query}", **{"class": class_id, "rows": batch})


def rank_network(
    database: Database,
    network: Network,
    parameters: Parameters,
    *,
    classes: Sequence[StoredClass] | None = None,
    selected_by: SelectedBy = "pagerank",
    engine: RankingEngine | None = None,
    on_class: OnClass = SILENT.on_class,
) -> None:
    """Rank classes of a network, several at a time.

    Args:
        classes: the classes to rank; all by default.
        selected_by: as of ``Ranker``.
        engine: as of ``Ranker``, or ``sessions`` for a session of Aura Graph Analytics.
        on_class: called after each class, in any order.

    Raises:
        SummitGraphError: a class has no activation; classes that were started are finished.
    """
    check_selection(selected_by, parameters)
    prepare_to_write(database)
    chosen = list_classes(database, network.name) if classes is None else classes
    own = "local" if engine == "sessions" else engine
    with opened_session(network.name) if engine == "sessions" and chosen else nullcontext() as session:
        ranker = Ranker(database, network, parameters, selected_by=selected_by, engine=own, session=session)
        _rank_classes(ranker, chosen, on_class)


def _rank_classes(ranker: Ranker, chosen: Sequence[StoredClass], on_class: OnClass) -> None:
    with ThreadPoolExecutor(ranker.classes_at_a_time()) as pool:
        begun = {pool.submit(ranker.rank_class, one.id, one.summary.name): one.summary.name for one in chosen}
        try:
            for ranked in as_completed(begun):
                ranked.result()
                on_class(begun[ranked])
        finally:
            pool.shutdown(cancel_futures=True)


def check_selection(selected_by: SelectedBy, parameters: Parameters) -> None:
    """UsageError if channels are to be selected by relevance, and it is not counted."""
    if selected_by == "relevance" and not parameters.by_relevance:
        raise UsageError(
            f"--select relevance needs counts by relevance, and these are by {parameters.measure}: "
            "count with --measure relevance"
        )


def read_activations(database: Database, channels: NetworkChannels, class_id: int) -> Ints:
    """The class's row of A, int64 (channels,)."""
    counts = np.zeros(len(channels.node), np.int64)
    rows = database.read("rank/activations", **{"class": class_id})
    counts[channels.positions([row["node"] for row in rows])] = [row["count"] for row in rows]
    return counts


def read_positive_relevance(database: Database, channels: NetworkChannels, class_id: int) -> Floats:
    """Each channel's summed relevance, float64 (channels,); 0 where negative, and for excluded channels.

    Raises:
        SummitGraphError: the class was counted by a version that did not keep it.
    """
    rows = database.read("rank/relevance", **{"class": class_id})
    if not rows:
        raise SummitGraphError(
            f"network {channels.network} keeps no summed relevance, as those of earlier versions: "
            "ingest its classes again, or give --select counts"
        )
    found = np.zeros(len(channels.node))
    found[channels.positions([row["node"] for row in rows])] = [row["relevance"] for row in rows]
    return positive_relevance(found, channels.included)


def personalization(channels: NetworkChannels, counts: Ints) -> Floats:
    """Each channel's count over the largest of its layer, float64 (channels,) (paper 5.3); 0 if that is 0."""
    return source_weights(channels.by_layer(counts))


def page_rank_in_gds(
    gds: GraphDataScience, channels: NetworkChannels, class_id: int, sources: Floats
) -> Floats:
    """Scores of all channels, float64 (channels,), sum 1."""
    with projected_class(gds, channels, class_id) as graph:
        rows = _stream(gds, graph, channels.node, sources)
    scores = np.zeros(len(sources))
    scores[channels.positions(rows["nodeId"].to_numpy())] = rows["score"].to_numpy()
    return scores / scores.sum()


def page_rank_in_session(
    gds: AuraGraphDataScience | GraphDataScience, pairs: Ints, counts: Ints, sources: Floats
) -> Floats:
    """Scores of all channels, float64 (channels,), sum 1, of a graph that is sent to GDS.

    Args:
        pairs, counts: as of ``constructed``.
        sources: float64 (channels,), the personalization.
    """
    nodes = np.arange(len(sources))
    with errors_of_aura(), constructed(gds, pairs, counts, len(nodes)) as graph:
        rows = _stream(gds, graph, nodes, sources)
    scores = np.zeros(len(sources))
    scores[rows["nodeId"].to_numpy(np.int64)] = rows["score"].to_numpy(np.float64)
    return scores / scores.sum()


def _stream(
    gds: AuraGraphDataScience | GraphDataScience, graph: Graph, nodes: Ints, sources: Floats
) -> DataFrame:
    """PageRank by ``nodeId`` as ``score``, not normalised; ``nodes`` are the ids, int64 (channels,)."""
    return gds.page_rank.stream(
        graph,
        damping_factor=DAMPING,
        tolerance=TOLERANCE,
        max_iterations=MAX_ITERATIONS,
        relationship_weight_property="count",
        source_nodes=[(int(nodes[at]), float(sources[at])) for at in np.flatnonzero(sources)],
        concurrency=1,  # a class is small, and one thread gives deterministic sums
        log_progress=False,
    )


@contextmanager
def projected_class(gds: GraphDataScience, channels: NetworkChannels, class_id: int) -> Iterator[Graph]:
    """One class's influences as a GDS projection, dropped at the end."""
    for checked in (False, True):  # checked, relationships that are not the network's are left out; slower
        values = {"network": channels.network, "class": class_id, "checked": checked}
        with projected(gds, "rank/project", str(class_id), **values) as graph:
            if checked or graph.node_count() <= len(channels.node):
                yield graph
                return


def select_graph(
    database: Database, channels: NetworkChannels, class_id: int, scores: Floats
) -> tuple[Ints, Ints]:
    """The selected channels, int64 (selected,), and the edges between them, int64 (edges, 3), by position."""
    for ceiling in (USUAL_CEILING, FULL_THRESHOLD):
        edges = _influences_up_to(database, channels, class_id, scores, ceiling)
        selection = select_channels(channels.by_layer(scores), _by_pair(channels, edges), ceiling=ceiling)
        if selection is not None:
            break
    assert selection is not None  # no threshold exceeds the full one
    selected = _positions_of(channels, selection)
    inside = np.isin(edges[:, 0], selected) & np.isin(edges[:, 1], selected)
    return selected, edges[inside]


def _rows_to_write(channels: NetworkChannels, ranking: Ranking) -> dict[str, list[list[Any]]]:
    nodes, scores, counts = channels.node.tolist(), ranking.scores.tolist(), ranking.counts.tolist()
    return {
        "write_ranks": [[nodes[at], scores[at]] for at in np.flatnonzero(channels.included)],
        "write_selection": [[nodes[at], counts[at], scores[at]] for at in ranking.selected],
        "write_selected_influences": ranking.edges[:, 2].tolist(),
    }


def _influences_up_to(
    database: Database, channels: NetworkChannels, class_id: int, scores: Floats, ceiling: int
) -> Ints:
    """Influences between channels up to a threshold, int64 (edges, 3): [previous, channel, internal id]."""
    layers = zip(channels.starts, channels.by_layer(scores), strict=True)
    candidates = np.concatenate([start + RankedLayer(layer).top(ceiling) for start, layer in layers])
    rows = database.read(
        "rank/influences_among", **{"class": class_id, "nodes": channels.node[candidates].tolist()}
    )
    table = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3)
    table[:, 0] = channels.positions(table[:, 0])
    table[:, 1] = channels.positions(table[:, 1])
    return table[np.lexsort((table[:, 0], table[:, 1]))]


def _by_pair(channels: NetworkChannels, edges: Ints) -> list[Ints]:
    """Per pair of neighbouring layers, int64 (influences, 2), [previous index, channel index]."""
    ends = [*channels.starts[1:], len(channels.node)]
    above = zip(channels.starts[1:], ends[1:], strict=True)
    pairs = [edges[(edges[:, 1] >= start) & (edges[:, 1] < end), :2] for start, end in above]
    return [channels.indices[pair] for pair in pairs]


def _positions_of(channels: NetworkChannels, selection: Selection) -> Ints:
    return np.concatenate(
        [start + layer for start, layer in zip(channels.starts, selection.channels, strict=True)]
    )
