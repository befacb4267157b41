"""The classes of a network, and finding one by name, title, WordNet id or output index."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq
from typing import TypeVar

from neo4j import Record

from summit_graph.errors import UnknownNameError
from summit_graph.names import did_you_mean, same
from summit_graph.records import ClassSummary, SelectedBy
from summit_graph.store.connection import Database

Answer = TypeVar("Answer")
State = TypeVar("State")
#: How often a read is repeated when a class is replaced during it.
_READS = 20
#: Seconds between two reads of a class that is being ranked.
_PAUSE = 0.1
#: How often a network's classes are listed while some are missing, and the seconds between.
_LISTINGS, _COMMIT = 20, 0.02


@dataclass(frozen=True, slots=True)
class StoredClass:
    """A class in the database: its current id, its summary, and what its graph's channels are selected by.

    Attributes:
        ranked: when it was ranked again, if ever.
        being_ranked: whether that is going on, or was ended by a kill within the last minute.
    """

    id: int
    summary: ClassSummary
    selected_by: SelectedBy = "pagerank"
    ranked: str | None = None
    being_ranked: bool = False


@dataclass(frozen=True, slots=True)
class StateOfClasses:
    """Several classes: their number, the newest one's id, when one was last ranked again.

    Attributes:
        being_ranked: whether one is, as of ``StoredClass``.
    """

    classes: int
    newest: int | None
    ranked: str | None
    being_ranked: bool


def read_state_of_classes(
    database: Database, networks: Sequence[str] | None, classes: Sequence[int | str] | None
) -> StateOfClasses:
    """The state of the classes that are given by id or name; None means all networks, or all classes."""
    row = database.read("rank/state_of_classes", networks=networks, classes=classes)[0]
    return StateOfClasses(row["classes"], row["newest"], row["ranked"], bool(row["being_ranked"]))


def list_classes(database: Database, network: str) -> list[StoredClass]:
    """The classes of a network, sorted by name.

    While the transaction that replaces a class is being committed, a reader may see neither of its states: if
    classes are missing, they are awaited for a moment.
    """
    for left in reversed(range(_LISTINGS)):
        rows = database.read("view/classes", network=network)
        counted = database.read("view/number_of_classes", network=network)
        if not counted or counted[0]["classes"] == len(rows):
            break
        if left:
            time.sleep(_COMMIT)
    return [_stored_class(row) for row in rows]


def find_class(database: Database, network: str, text: str) -> StoredClass:
    """Find a class by name, title (ignoring case), WordNet id or output index, tried in this order.

    Raises:
        UnknownNameError: no class or several classes match; the message lists similar names.
    """
    exact = database.read("view/class_by_name", network=network, name=text)
    if exact:
        return _stored_class(exact[0])
    return pick_class(list_classes(database, network), network, text)


def pick_class(classes: Sequence[StoredClass], network: str, text: str) -> StoredClass:
    """``find_class`` in a list of classes that was read before.

    Raises:
        UnknownNameError: as ``find_class``.
    """
    for fits in (_is_named, _name_fits, _title_fits, _wordnet_id_fits, _output_fits):
        found = [stored for stored in classes if fits(stored.summary, text)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(stored.summary.name for stored in found)
            raise UnknownNameError(f"{text!r} fits several classes of {network}: {names}")
    raise UnknownNameError(f"network {network} has no class {text!r}{_near(classes, text)}")


def read_consistently(
    database: Database, network: str, name: str, read: Callable[[StoredClass], Answer]
) -> Answer:
    """Answer from several queries about one state of a class; repeated if the class is replaced."""
    return read_one_state(lambda: find_class(database, network, name), read, of=f"class {name!r}")


def read_one_state(
    look: Callable[[], State],
    read: Callable[[State], Answer],
    *,
    of: str,
    still_valid: Callable[[State, State], bool] = eq,
) -> Answer:
    """Answer from several queries about one state; repeated if the state changes during the read.

    While a class is ranked again, the answer is awaited for some seconds: a reader may see half of a
    transaction that is being committed.

    Args:
        look: reads the current state.
        of: what is read, for the error message.
        still_valid: whether an answer about the first state is valid in the second, later one.

    Raises:
        UnknownNameError: the state keeps changing.
    """
    state = look()
    for left in reversed(range(_READS)):
        answer = read(state)
        current = look()
        being_ranked = _is_being_ranked(current)
        if still_valid(state, current) and not (being_ranked and left):
            return answer
        if being_ranked:
            time.sleep(_PAUSE)
        state = current
    raise UnknownNameError(f"{of} keep being replaced or ranked: try again later")


def _is_being_ranked(state: object) -> bool:
    """Whether a class of the state is."""
    if isinstance(state, list | tuple):
        return any(map(_is_being_ranked, state))
    return isinstance(state, StoredClass | StateOfClasses) and state.being_ranked


def _stored_class(row: Record) -> StoredClass:
    histogram = row["histogram"]
    return StoredClass(
        row["id"],
        ClassSummary(
            name=row["name"],
            output=row["output"],
            title=row["title"],
            images=row["images"],
            top1=row["top1"],
            top5=row["top5"],
            histogram=None if histogram is None else tuple(histogram),
            base=row["base"],
            outcome=row["outcome"],
        ),
        row["selected_by"],
        row["ranked"],
        row["being_ranked"],
    )


def _is_named(summary: ClassSummary, text: str) -> bool:
    return summary.name == text


def _name_fits(summary: ClassSummary, text: str) -> bool:
    return same(summary.name, text)


def _title_fits(summary: ClassSummary, text: str) -> bool:
    return same(summary.title.casefold(), text.casefold())


def _wordnet_id_fits(summary: ClassSummary, text: str) -> bool:
    from summit_graph.images.labels import wordnet_id_of

    return wordnet_id_of(summary) == text


def other_names(summary: ClassSummary) -> list[str]:
    """Further texts that find a class: its output's other names and WordNet id on ImageNet, and its index."""
    from summit_graph.images.labels import imagenet_labels, wordnet_id_of

    if summary.output is None:
        return []
    outputs = imagenet_labels().outputs[summary.output : summary.output + 1]
    own = [one for one in outputs if one.wordnet_id and one.wordnet_id == wordnet_id_of(summary)]
    names = [name for one in own for name in (*one.names, one.wordnet_id)]
    known = (summary.name, summary.title)
    return [name for name in (*names, str(summary.output)) if name and name not in known]


def _output_fits(summary: ClassSummary, text: str) -> bool:
    return text.isdecimal() and summary.output == int(text)


def _near(classes: Sequence[StoredClass], text: str) -> str:
    titles = dict.fromkeys(stored.summary.title for stored in classes)
    names = dict.fromkeys(stored.summary.name for stored in classes)
    return did_you_mean(text, titles | names) or "; see summit-graph query classes"
