"""Concepts over the classes of a network: synsets of WordNet, and parents that the user gives.

``wordnet/imagenet_hypernyms.tsv`` has the synsets of ImageNet's classes and all synsets above them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from summit_graph.errors import UsageError
from summit_graph.images.labels import wordnet_id_of
from summit_graph.records import ClassSummary
from summit_graph.settings import PACKAGE
from summit_graph.system.text_files import read_lines

#: The texts by which a hierarchy may know a class.
_KeysOf = Callable[[ClassSummary], Sequence[str]]
WORDNET_FILE = PACKAGE / "channel_labels" / "wordnet" / "imagenet_hypernyms.tsv"


@dataclass(frozen=True)
class Hierarchy:
    """Names of concepts, and which concepts are directly above which.

    Attributes:
        names: concept -> its names, the first one is shown; a concept without names is named by its key.
        parents: concept or class -> the concepts directly above it.
    """

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def names_of(self, concept: str) -> tuple[str, ...]:
        """All names of a concept."""
        return self.names.get(concept) or (concept,)

    def above(self, concepts: Collection[str]) -> set[str]:
        """The concepts and all that are above them."""
        found, waiting = set(concepts), list(concepts)
        while waiting:
            new = set(self.parents.get(waiting.pop(), ())) - found
            found |= new
            waiting += new
        return found


@dataclass(frozen=True)
class Concept:
    """A set of classes with a name.

    Attributes:
        names: the first one is shown; the others are synonyms.
        members: bool (classes,), the classes under the concept.
    """

    names: tuple[str, ...]
    members: npt.NDArray[np.bool_]


@cache
def wordnet() -> Hierarchy:
    """The synsets of ImageNet's classes and all synsets above them, by WordNet id."""
    with WORDNET_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return Hierarchy(
        {row["wnid"]: tuple(row["names"].split(", ")) for row in rows},
        {row["wnid"]: tuple((row["hypernyms"] or "").split()) for row in rows},
    )


@cache
def _wordnet_ids() -> dict[str, list[str]]:
    """The first name of a synset -> its WordNet ids."""
    found: dict[str, list[str]] = {}
    for wordnet_id, names in wordnet().names.items():
        found.setdefault(names[0], []).append(wordnet_id)
    return found


def names_above(wordnet_ids: Collection[str]) -> set[str]:
    """All names of the synsets above some synsets."""
    above = wordnet().above(wordnet_ids).difference(wordnet_ids)
    return {name for one in above for name in wordnet().names_of(one)}


def concepts_above(classes: Sequence[ClassSummary], own: Hierarchy | None = None) -> list[Concept]:
    """The synsets of WordNet above the classes, each with all its names, and the user's own concepts."""
    return [concept for concept, _ in _all_above(classes, own)]


def names_above_text(text: str, own: Mapping[str, set[str]]) -> set[str]:
    """All names of the concepts above those of a label, such as ``dog or cat, not lion``.

    Args:
        own: a class's title or a concept of the user's -> the user's concepts above it.
    """
    added = text.partition(", not ")[0].split(" or ")
    found = names_above([one for term in added for one in _wordnet_ids().get(term, ())])
    return found.union(*(own.get(term, ()) for term in added))


def read_concepts(file: Path) -> Hierarchy:
    """Parents of classes and of concepts from a file: ``class<TAB>parent`` in each line.

    A class with several parents has a line for each; a parent may have parents itself.

    Raises:
        UsageError: the file cannot be read, or a line has another form.
    """
    parents: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(read_lines(file, "the concepts file"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        below, _, above = (part.strip() for part in line.partition("\t"))
        if not below or not above or "\t" in above:
            raise UsageError(f"line {number} of {file} is not of the form class<TAB>parent: {line!r}")
        parents[below] = (*parents.get(below, ()), above)
    return Hierarchy(parents=parents)


def hierarchy_text(own: Hierarchy) -> str:
    """The user's concepts as JSON text."""
    return json.dumps(own.parents, ensure_ascii=False)


def parse_hierarchy(text: str) -> Hierarchy:
    """The inverse of ``hierarchy_text``."""
    return Hierarchy(parents={below: tuple(above) for below, above in json.loads(text).items()})


def own_names_above(own: Hierarchy, summary: ClassSummary) -> set[str]:
    """The user's concepts above a class."""
    keys = _own_keys(summary)
    return own.above(keys).difference(keys)


def concepts_of(classes: Sequence[ClassSummary], own: Hierarchy | None = None) -> list[Concept]:
    """The concepts above some but not all classes, and the classes themselves, from the most special up.

    Of concepts with the same classes only the most special one is kept.

    Args:
        own: parents that the user gives, by a class's name, title or WordNet id.

    Raises:
        UsageError: ``own`` has parents of none of the classes.
    """
    if own and not any(key in own.parents for one in classes for key in _own_keys(one)):
        raise UsageError(
            "the concepts file names no class of the network: name classes as summit-graph query classes "
            "lists them, by name, title or WordNet id"
        )
    found = _all_above(classes, own)
    found.sort(key=lambda pair: (pair[0].members.sum(), -pair[1]))
    kept: dict[bytes, Concept] = {}
    for concept in [*_classes_as_concepts(classes), *(concept for concept, _ in found)]:
        if not concept.members.all():
            kept.setdefault(concept.members.tobytes(), concept)
    return list(kept.values())


def _classes_as_concepts(classes: Sequence[ClassSummary]) -> list[Concept]:
    numbers = np.arange(len(classes))
    return [Concept((one.title,), numbers == at) for at, one in enumerate(classes)]


def _all_above(classes: Sequence[ClassSummary], own: Hierarchy | None) -> list[tuple[Concept, int]]:
    """What ``_above_classes`` finds in WordNet and in the user's concepts."""
    of_wordnet = _above_classes(classes, wordnet(), _wordnet_keys)
    return of_wordnet + _above_classes(classes, own or Hierarchy(), _own_keys)


def _above_classes(
    classes: Sequence[ClassSummary], hierarchy: Hierarchy, keys_of: _KeysOf
) -> list[tuple[Concept, int]]:
    """The concepts above the classes, each with the number of concepts above it: more if special."""
    members: dict[str, npt.NDArray[np.bool_]] = {}
    for at, one in enumerate(classes):
        keys = keys_of(one)
        for concept in hierarchy.above(keys).difference(keys):
            members.setdefault(concept, np.zeros(len(classes), bool))[at] = True
    return [
        (Concept(hierarchy.names_of(one), found), len(hierarchy.above([one])))
        for one, found in members.items()
    ]


def _wordnet_keys(summary: ClassSummary) -> list[str]:
    found = wordnet_id_of(summary)
    return [found] if found else []


def _own_keys(summary: ClassSummary) -> list[str]:
    return [summary.name, summary.folder, summary.title, *_wordnet_keys(summary)]
