"""Communities of similar classes, found by the Leiden algorithm in Neo4j GDS."""

from __future__ import annotations

from itertools import count

import numpy as np

from summit_graph.analysis.embedding import nearest_pairs
from summit_graph.defaults import SEED
from summit_graph.ranking.projections import open_for_projections, projected
from summit_graph.store.connection import Database
from summit_graph.views.activations import read_activation_rows

#: Pairs of classes with a smaller cosine are not connected.
LEAST_COSINE = 0.2
#: A class is connected with this many of the most similar ones: all pairs together have no communities.
NEIGHBOURS = 5
RESOLUTION = 1.0
#: Of projections: the explorer's sessions are one process, and may look for communities at once.
_NUMBERS = count(1)


def find_communities(
    database: Database,
    network: str,
    *,
    least: float = LEAST_COSINE,
    neighbours: int = NEIGHBOURS,
    resolution: float = RESOLUTION,
    seed: int = SEED,
) -> list[list[str]]:
    """The network's classes in communities, largest first; classes are sorted by name.

    Each class is connected with its most similar ones; the weight is the cosine of the counts of their
    attribution graphs' channels.

    Args:
        least: pairs with a smaller cosine are not connected.
        neighbours: number of the most similar classes that a class is connected with.
        resolution: Leiden's gamma; higher values give more and smaller communities.

    Raises:
        DatabaseError: GDS is missing or too old.
    """
    found = read_activation_rows(database, network, of_graphs=True)
    known = {row["id"]: row["node"] for row in database.read("rank/classes", network=network)}
    present = [at for at, stored in enumerate(found.classes) if stored.id in known]  # not replaced since
    members = {known[found.classes[at].id]: found.classes[at].summary.name for at in present}
    nodes = list(members)
    counts = np.hstack([*found.rows.values()])[present]
    pairs = nearest_pairs(counts, least=least, neighbours=neighbours)
    communities = leiden(
        database,
        "rank/project_classes",
        f"classes of {network}",
        weight="cosine",
        resolution=resolution,
        seed=seed,
        nodes=nodes,
        pairs=[
            {"one": nodes[one], "two": nodes[two], "cosine": cosine} for (one, two), cosine in pairs.items()
        ],
    )
    named = [sorted(members[node] for node in community if node in members) for community in communities]
    return sorted((names for names in named if names), key=lambda names: (-len(names), names))


def leiden(
    database: Database,
    query: str,
    name: str,
    *,
    weight: str,
    resolution: float,
    seed: int,
    **parameters: object,
) -> list[list[int]]:
    """Leiden communities of a projection, as node ids; the projection is dropped at the end.

    Args:
        query: the query that projects the graph; it takes ``parameters`` and the projection's name.
        name: what is projected.
        weight: the property of relationships that is their weight.
        resolution: Leiden's gamma.

    Raises:
        DatabaseError: GDS is missing or too old.
    """
    gds = open_for_projections(database)
    with projected(gds, query, f"{name} {next(_NUMBERS)}", **parameters) as graph:
        # With several threads the result does not depend on the seed alone.
        rows = gds.leiden.stream(
            graph, relationship_weight_property=weight, gamma=resolution, random_seed=seed, concurrency=1
        )
    found: dict[int, list[int]] = {}
    for node, community in zip(rows["nodeId"], rows["communityId"], strict=True):
        found.setdefault(int(community), []).append(int(node))
    return list(found.values())
