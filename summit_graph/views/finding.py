"""Finds classes and channels by a word: names, synonyms, hypernyms and labels; typos are tolerated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from summit_graph.channel_labels.hierarchy import (
    Hierarchy,
    concepts_above,
    names_above,
    names_above_text,
    own_names_above,
    parse_hierarchy,
)
from summit_graph.errors import UsageError
from summit_graph.images.labels import wordnet_id_of
from summit_graph.records import Channel, ChannelLabel, ClassSummary, missing_channel
from summit_graph.store.connection import Database
from summit_graph.views.channel_labels import read_label_state, read_labels
from summit_graph.views.classes import list_classes, other_names
from summit_graph.views.graphs import read_layers

#: The text that a word matched: that of the class or channel itself, or of a concept above it.
By = Literal["name", "synonym", "label", "alternative", "hypernym"]
_ORDER: tuple[By, ...] = ("name", "label", "synonym", "alternative", "hypernym")
#: The score of a text that has all words of what is looked for, among others.
AMONG_OTHERS = 0.95
#: The least score of a similar text, from 0 to 1.
SIMILAR = 0.8


@dataclass(frozen=True, slots=True)
class Found:
    """A class or channel that a word names.

    Attributes:
        name: the class's name, or the channel, such as ``mixed4c/12``.
        text: the class's title or the channel's label; None for a channel without one.
        matched: the text that matched.
        by: what that text is.
        score: 1 if it equals the word, less if it is similar.
    """

    kind: Literal["class", "channel"]
    name: str
    text: str | None
    matched: str
    by: By
    score: float


@dataclass(frozen=True, slots=True)
class _Target:
    """What can be found, and the texts that find it."""

    kind: Literal["class", "channel"]
    name: str
    text: str | None
    texts: tuple[tuple[str, By], ...]


def find(database: Database, network: str, word: str) -> list[Found]:
    """The classes and channels that a word names, the best matches first; classes before channels.

    Similar texts are looked at only if no text has all words of what is looked for.

    Raises:
        UsageError: the word is empty.
    """
    if not _plain(word):
        raise UsageError("give a word to find: it has no letter or digit")
    classes = [stored.summary for stored in list_classes(database, network)]
    own = _own_concepts(database, network)
    targets = [*_classes(classes, own), *_channels(database, network, word, _own_above(classes, own))]
    return _matches(targets, _sameness(word)) or _matches(targets, _similarity(word))


def list_concepts(
    database: Database, network: str, classes: Sequence[ClassSummary]
) -> list[tuple[tuple[str, ...], list[int]]]:
    """The names of each concept above the classes, also of the user's, with the places of its classes."""
    above = concepts_above(classes, _own_concepts(database, network))
    return [(one.names, one.members.nonzero()[0].tolist()) for one in above]


def _own_concepts(database: Database, network: str) -> Hierarchy:
    """The concepts that the user gave when the network was labelled."""
    state = read_label_state(database, network)
    return parse_hierarchy(state.labelling.concepts) if state and state.labelling.concepts else Hierarchy()


def _own_above(classes: Sequence[ClassSummary], own: Hierarchy) -> dict[str, set[str]]:
    """A class's title or a concept of the user's -> the user's concepts above it."""
    parents = {above for listed in own.parents.values() for above in listed}
    above = {concept: own.above([concept]).difference([concept]) for concept in parents}
    return above | {summary.title: own_names_above(own, summary) for summary in classes}


def _classes(classes: Sequence[ClassSummary], own: Hierarchy) -> Iterator[_Target]:
    for summary in classes:
        texts: list[tuple[str, By]] = [(summary.name, "name"), (summary.title, "name")]
        texts += [(name, "synonym") for name in other_names(summary)]
        texts += [(name, "hypernym") for name in sorted(_above(summary) | own_names_above(own, summary))]
        yield _Target("class", summary.name, summary.title, tuple(texts))


def _above(summary: ClassSummary) -> set[str]:
    wordnet_id = wordnet_id_of(summary)
    return names_above([wordnet_id]) if wordnet_id else set()


def _channels(database: Database, network: str, word: str, own: Mapping[str, set[str]]) -> Iterator[_Target]:
    """The labelled channels, the highest layer first, and the one that the word is the name of."""
    labels = read_labels(database, network)
    named = _named_channel(database, network, word)
    if named:
        label = labels.pop(named, None)
        yield _channel(named, label, own, ((str(named), "name"),))
    for channel, label in reversed(labels.items()):
        yield _channel(channel, label, own)


def _channel(
    channel: Channel,
    label: ChannelLabel | None,
    own: Mapping[str, set[str]],
    texts: tuple[tuple[str, By], ...] = (),
) -> _Target:
    text = label.text if label else None
    more: list[tuple[str, By]] = [(text, "label")] if text else []
    more += [(one.text, "alternative") for one in (label.alternatives if label else ())]
    more += [(name, "hypernym") for name in sorted(names_above_text(text or "", own))]
    return _Target("channel", str(channel), text, (*texts, *more))


def _named_channel(database: Database, network: str, word: str) -> Channel | None:
    try:
        channel = Channel.parse(word.strip())
    except UsageError:
        return None
    return None if missing_channel(channel, read_layers(database, network)) else channel


def _matches(targets: list[_Target], score_of: Callable[[str], float]) -> list[Found]:
    found = []
    for target in targets:
        scored = [(score_of(text), -_ORDER.index(by), text, by) for text, by in target.texts]
        score, _, text, by = max(scored, default=(0.0, 0, "", "name"), key=lambda one: one[:2])
        if score > 0:
            found.append(Found(target.kind, target.name, target.text, text, by, round(score, 2)))
    return sorted(found, key=lambda one: (one.kind == "channel", -one.score, _ORDER.index(one.by)))


def _sameness(word: str) -> Callable[[str], float]:
    """1 if a text is the word, less if it has all words of it, 0 otherwise."""
    wanted = _plain(word)
    words = set(wanted.split())

    def score(text: str) -> float:
        plain = _plain(text)
        if plain == wanted:
            return 1.0
        return AMONG_OTHERS if words <= set(plain.split()) else 0.0

    return score


def _similarity(word: str) -> Callable[[str], float]:
    """How similar a text is, 0 below ``SIMILAR``."""
    from rapidfuzz import fuzz

    wanted = _plain(word)
    return lambda text: fuzz.WRatio(wanted, _plain(text), score_cutoff=100 * SIMILAR) / 100


def _plain(text: str) -> str:
    """Lower case, with spaces in place of other signs than letters and digits."""
    from rapidfuzz import utils

    return " ".join(utils.default_process(text).split())
