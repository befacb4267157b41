"""A session of Aura Graph Analytics: GDS that Neo4j runs, for databases whose server has none.

1.  Check credentials and cloud location; start a session under a name of its own.
2.  Per class: send the influences to it, as numbers without names. It has no connection to the database.
3.  Delete the session, also after an error: it is billed while it runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from summit_graph.errors import DatabaseError, UsageError, first_line
from summit_graph.settings import SessionSettings

if TYPE_CHECKING:
    from graphdatascience import Graph, GraphDataScience
    from graphdatascience.session import (
        AuraAPICredentials,
        AuraGraphDataScience,
        CloudLocation,
        GdsSessions,
    )

#: The smallest that there is; a class rarely has more than some million influences.
MEMORY = "2GB"
#: Aura ends a session that has been unused for so long, as after this process was killed.
IDLE = timedelta(hours=1)
#: Starting a session takes from a few seconds to a few minutes.
START_SECONDS = 900
#: Variables that ``AuraAPICredentials.from_env`` reads; PROJECT_ID is optional.
CREDENTIALS = ("CLIENT_ID", "CLIENT_SECRET")


@contextmanager
def opened_session(network: str) -> Iterator[AuraGraphDataScience]:
    """A session that is named after the network, deleted at the end of the block.

    Raises:
        UsageError: credentials or the cloud location are missing, or Aura does not offer this location.
        DatabaseError: Aura does not answer, refuses the credentials, or starts no session.
    """
    credentials, location = _credentials(), _location()
    sessions = _checked(credentials, location)
    name = f"summit-graph {network} {uuid4().hex[:8]}"  # never one that another process uses
    try:
        with errors_of_aura():
            session = sessions.get_or_create(
                name, MEMORY, ttl=IDLE, cloud_location=location, timeout=START_SECONDS, show_progress=False
            )
        with closing(session):
            yield session
    finally:
        _delete(sessions, name)


@contextmanager
def constructed(
    gds: AuraGraphDataScience | GraphDataScience,
    pairs: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    channels: int,
) -> Iterator[Graph]:
    """Influences as an undirected graph weighted by ``count``, dropped at the end; nodes are positions.

    Args:
        pairs: (influences, 2), the positions of the channels that each influence connects.
        counts: (influences,).
        channels: number of channels; those without influences are nodes too.
    """
    from pandas import DataFrame

    nodes = DataFrame({"nodeId": np.arange(channels), "labels": "Channel"})
    ends = {"sourceNodeId": pairs[:, 0], "targetNodeId": pairs[:, 1]}
    edges = DataFrame({**ends, "relationshipType": "INFLUENCES", "count": counts.astype(np.float64)})
    name = f"influences-{uuid4().hex}"
    try:
        yield gds.graph.construct(name, nodes, edges, undirected_relationship_types=["INFLUENCES"])
    finally:
        gds.graph.drop(name, fail_if_missing=False)


@contextmanager
def errors_of_aura() -> Iterator[None]:
    """Errors of the client as DatabaseError."""
    try:
        yield
    except _kinds_of_error() as error:
        raise DatabaseError(
            f"Aura Graph Analytics fails ({first_line(error)}): check CLIENT_ID, CLIENT_SECRET and "
            "PROJECT_ID, or rank with --ranking local"
        ) from error


def _kinds_of_error() -> tuple[type[Exception], ...]:
    """What the client raises: its own errors, those of HTTP (OSError) and of Arrow Flight."""
    from graphdatascience.session import AuraApiError, SessionStatusError
    from pyarrow import ArrowException

    return AuraApiError, SessionStatusError, ArrowException, OSError, RuntimeError, ValueError


def _credentials() -> AuraAPICredentials:
    from graphdatascience.session import AuraAPICredentials

    if missing := [name for name in CREDENTIALS if not os.environ.get(name)]:
        raise UsageError(
            f"--ranking sessions needs credentials of the Aura API: set {' and '.join(missing)}, which the "
            "Aura console makes"
        )
    return AuraAPICredentials.from_env()


def _location() -> CloudLocation:
    from graphdatascience.session import CloudLocation

    location = SessionSettings().cloud_location
    if location is None:
        raise UsageError(
            "--ranking sessions needs a place for the session: set SUMMIT_GRAPH_CLOUD_LOCATION to a cloud "
            "provider and region such as gcp/europe-west1"
        )
    return CloudLocation(*location.split("/"))


def _checked(credentials: AuraAPICredentials, location: CloudLocation) -> GdsSessions:
    """Aura's API, after one request that shows that it takes the credentials and has the location."""
    from graphdatascience.session import GdsSessions

    with errors_of_aura():
        sessions = GdsSessions(credentials)
        offered = sessions.available_cloud_locations()
    if location not in offered:
        places = ", ".join(sorted(f"{one.provider}/{one.region}" for one in offered)) or "none"
        raise UsageError(
            f"Aura offers no sessions in {location.provider}/{location.region}: set "
            f"SUMMIT_GRAPH_CLOUD_LOCATION to one of {places}"
        )
    return sessions


def _delete(sessions: GdsSessions, name: str) -> None:
    try:
        sessions.delete(session_name=name)
    except _kinds_of_error() as error:
        raise DatabaseError(
            f"session {name!r} of Aura Graph Analytics may still run: delete it in the Aura console "
            f"({first_line(error)})"
        ) from error
