"""Comparison of several classes' attribution graphs (paper 7.3, 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from summit_graph.records import Channel, Origin, Parameters, measured_by


@dataclass(frozen=True, slots=True)
class ComparedChannel:
    """A channel; ``counts``: for each class whose graph contains it, images where it is a top channel."""

    channel: Channel
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ComparedEdge:
    """An edge.

    Attributes:
        counts: for each class whose graph contains it, the number of images.
        skip: whether it is a skip in one of these graphs (``records.Edge``).
    """

    previous: Channel
    channel: Channel
    counts: Mapping[str, int]
    skip: bool = False


@dataclass(frozen=True, slots=True)
class ComparedLayer:
    """Similarity of the classes in one layer.

    Attributes:
        jaccard: channels selected by all classes over channels selected by any; None if there are none.
        cosine: cosine of the rows of A, averaged over pairs of classes; None if a row is zero or unknown.
    """

    layer: str
    jaccard: float | None
    cosine: float | None


@dataclass(frozen=True, slots=True)
class MoreOften:
    """A channel that is a top channel of one class more often than of the other.

    Attributes:
        class_: the class that has more.
        share, other_share: of its images, and of the other class's.
        z: the difference in standard errors.
    """

    class_: str
    channel: Channel
    share: float
    other_share: float
    z: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Channels and edges of several classes' attribution graphs, sorted by layer, then index.

    Attributes:
        classes: names of the class folders.
        titles: readable titles, in the same order.
        parameters: how the network was counted; None if it was imported.
        more: of two classes with all counts, the channels whose shares differ most, of all channels; by
            class, then by z.
        origin: the network's model.
    """

    network: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    channels: tuple[ComparedChannel, ...]
    edges: tuple[ComparedEdge, ...]
    layers: tuple[ComparedLayer, ...]
    parameters: Parameters | None = None
    more: tuple[MoreOften, ...] = ()
    origin: Origin = field(default=Origin())

    def holders(self, counts: Mapping[str, int]) -> Literal["shared", "some", "only"]:
        """``shared`` if all classes contain it, ``only`` if one does, else ``some``."""
        if len(counts) == len(self.classes):
            return "shared"
        return "only" if len(counts) == 1 else "some"

    def labels(self) -> tuple[str, ...]:
        """The classes' titles, with the name added where two classes have the same title."""
        return tuple(
            title if self.titles.count(title) == 1 else f"{title} ({name})"
            for name, title in zip(self.classes, self.titles, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON of ``compare --json`` (SPEC 7)."""
        shared = set(self.classes)
        return {
            "network": self.network,
            **self.origin.to_json(),
            **measured_by(self.parameters),
            "classes": list(self.classes),
            "shared": self._part([c for c in self.channels if set(c.counts) == shared],
                                 [e for e in self.edges if set(e.counts) == shared]),
            "union": self._part(self.channels, self.edges),
            "only": {
                name: self._part([c for c in self.channels if set(c.counts) == {name}],
                                 [e for e in self.edges if set(e.counts) == {name}])
                for name in self.classes
            },
            **({"more": {name: self._more_in(name) for name in self.classes}} if self.more else {}),
            "layers": [
                {"layer": one.layer, "jaccard": one.jaccard, "cosine": one.cosine} for one in self.layers
            ],
        }  # fmt: skip

    def _more_in(self, name: str) -> list[dict[str, Any]]:
        return [
            {"channel": str(one.channel), "share": one.share, "other_share": one.other_share, "z": one.z}
            for one in self.more
            if one.class_ == name
        ]

    def _part(self, channels: Sequence[ComparedChannel], edges: Sequence[ComparedEdge]) -> dict[str, Any]:
        return {
            "channels": [str(one.channel) for one in channels],
            "edges": [[str(one.previous), str(one.channel)] for one in edges],
        }
