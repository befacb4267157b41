"""Attribution graphs of several classes held against each other (paper 7.3, 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from summit_graph.records import Channel


@dataclass(frozen=True, slots=True)
class ComparedChannel:
    """A channel and, for each class whose graph holds it, in how many images it is a top channel."""

    channel: Channel
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ComparedEdge:
    """An edge and, for each class whose graph holds it, in how many images."""

    previous: Channel
    channel: Channel
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ComparedLayer:
    """How alike the classes are in one layer.

    Attributes:
        jaccard: channels that all select over channels that any selects; None where none selects any.
        cosine: of the rows of A, the mean over pairs of classes; None where a row is of zeros or unknown.
    """

    layer: str
    jaccard: float | None
    cosine: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What some classes' attribution graphs share; everything sorted by layer, then index.

    Attributes:
        classes: the folders' names.
        titles: what people call them, in the same order.
    """

    network: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    channels: tuple[ComparedChannel, ...]
    edges: tuple[ComparedEdge, ...]
    layers: tuple[ComparedLayer, ...]

    def holders(self, counts: Mapping[str, int]) -> Literal["shared", "some", "only"]:
        """``shared`` of what every class holds, ``only`` of what one alone holds, else ``some``."""
        if len(counts) == len(self.classes):
            return "shared"
        return "only" if len(counts) == 1 else "some"

    def labels(self) -> tuple[str, ...]:
        """What to call the classes: their titles, with the name where two have one title."""
        return tuple(
            title if self.titles.count(title) == 1 else f"{title} ({name})"
            for name, title in zip(self.classes, self.titles, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """The form of ``compare --json`` (SPEC 7)."""
        shared = set(self.classes)
        return {
            "network": self.network,
            "classes": list(self.classes),
            "shared": self._part([c for c in self.channels if set(c.counts) == shared],
                                 [e for e in self.edges if set(e.counts) == shared]),
            "union": self._part(self.channels, self.edges),
            "only": {
                name: self._part([c for c in self.channels if set(c.counts) == {name}],
                                 [e for e in self.edges if set(e.counts) == {name}])
                for name in self.classes
            },
            "layers": [
                {"layer": one.layer, "jaccard": one.jaccard, "cosine": one.cosine} for one in self.layers
            ],
        }  # fmt: skip

    def _part(self, channels: Sequence[ComparedChannel], edges: Sequence[ComparedEdge]) -> dict[str, Any]:
        return {
            "channels": [str(one.channel) for one in channels],
            "edges": [[str(one.previous), str(one.channel)] for one in edges],
        }
