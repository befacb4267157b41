"""Communities of similar classes, found by the Leiden algorithm in Neo4j GDS."""

from __future__ import annotations

from summit_graph.settings import SEED
from summit_graph.store.connection import Database, open_gds
from summit_graph.store.queries import read_query
from summit_graph.system.owners import this_owner

#: Pairs of classes with a smaller cosine are not connected.
LEAST_COSINE = 0.2
RESOLUTION = 1.0


def find_communities(
    database: Database,
    network: str,
    *,
    least: float = LEAST_COSINE,
    resolution: float = RESOLUTION,
    seed: int = SEED,
) -> list[list[str]]:
    """The network's classes in communities, largest first; classes are sorted by name.

    Classes are connected with the cosine of the counts of their attribution graphs' channels as weight.

    Args:
        least: pairs with a smaller cosine are not connected.
        resolution: Leiden's gamma; higher values give more and smaller communities.

    Raises:
        DatabaseError: GDS is missing or too old.
    """
    gds = open_gds(database)
    name = f"summit-graph|classes of {network}|{this_owner()}"
    graph = gds.graph.project.cypher(
        read_query("rank/project_classes").text, network=network, least=least, graph=name
    ).graph
    try:
        # With several threads the result does not depend on the seed alone.
        rows = gds.leiden.stream(
            graph, relationship_weight_property="cosine", gamma=resolution, random_seed=seed, concurrency=1
        )
        members = {row["node"]: row["class"] for row in database.read("rank/classes", network=network)}
    finally:
        gds.graph.drop(graph, fail_if_missing=False)
    found: dict[int, list[str]] = {}
    for node, community in zip(rows["nodeId"], rows["communityId"], strict=True):
        if node in members:
            found.setdefault(int(community), []).append(members[node])
    return sorted((sorted(names) for names in found.values()), key=lambda names: (-len(names), names))
