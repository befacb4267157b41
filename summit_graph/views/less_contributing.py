"""Less-contributing channels (paper 8): they fire for a class and seldom speak for or against it."""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.queries import find_query
from summit_graph.views.questions import run_question

#: The query that finds them.
QUERY = "less_contributing_channels"


@dataclass(frozen=True, slots=True)
class LessContributing:
    """A channel that fires for a class and does little for it.

    Attributes:
        count: images of the class in which it is a top channel by activation.
        fires: their share of the images.
        supports: share of the images in which it is a top channel by relevance.
        opposes: the same by relevance against the class.
        of_largest: its relevance, summed over the images, as a share of the largest of either sign in its
            layer; None if the sums are not known.
    """

    channel: Channel
    count: int
    fires: float
    supports: float
    opposes: float
    of_largest: float | None


def read_less_contributing(
    database: Database, network: str | None, class_: str, *, limit: int
) -> list[LessContributing]:
    """The highest layer first, then those that fire most often.

    Raises:
        SummitGraphError: a network of the same model by activation, relevance or against is missing, or has
            no such class; the message names the command that makes it.
    """
    given = {"class": class_, "limit": str(limit)}
    _, rows = run_question(database, find_query(QUERY), given, network=network)
    return [LessContributing(Channel.parse(channel), *numbers) for channel, *numbers, _ in rows]
