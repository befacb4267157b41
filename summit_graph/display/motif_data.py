"""Motifs as input of the motif component."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Protocol

from summit_graph.display.page_data import InGroup, Motif, MotifsContent
from summit_graph.records import Channel, ChannelLabel

NO_GROUPS: Mapping[str, InGroup] = MappingProxyType({})
NO_LABELS: Mapping[Channel, ChannelLabel] = MappingProxyType({})


class Structure(Protocol):
    """What stored and mined motifs have in common."""

    @property
    def shape(self) -> str: ...
    @property
    def channels(self) -> tuple[Channel, ...]: ...
    @property
    def support(self) -> int: ...
    @property
    def expected(self) -> float | None: ...
    @property
    def q(self) -> float | None: ...


def motifs_content(
    network: str,
    motifs: Iterable[tuple[str, Structure]],
    *,
    chosen: str | None = None,
    groups: Mapping[str, InGroup] = NO_GROUPS,
    labels: Mapping[Channel, ChannelLabel] = NO_LABELS,
) -> MotifsContent:
    """The motifs in the given order, each with its id; ``chosen`` is an id.

    Args:
        groups: id -> how typical of a group the motif is.
    """
    return {
        "network": network,
        "file": f"{network}-motifs",
        "heading": f"Structures that recur across the classes of {network}",
        "chosen": chosen,
        "motifs": [_motif(name, one, groups.get(name), labels) for name, one in motifs],
    }


def _motif(
    name: str, motif: Structure, group: InGroup | None, labels: Mapping[Channel, ChannelLabel]
) -> Motif:
    return {
        "id": name,
        "shape": motif.shape,
        "support": motif.support,
        "expected": motif.expected,
        "q": motif.q,
        "group": group,
        "joins": _joins(motif.channels),
        "channels": [
            {"channel": str(one), "name": f"{one.layer} · {one.index}", "label": _text(labels.get(one))}
            for one in motif.channels
        ],
    }


def _text(label: ChannelLabel | None) -> str | None:
    return label.text if label else None


def _joins(channels: Sequence[Channel]) -> list[str]:
    """The signs between channels, from the lowest layer up; channels of one layer are side by side."""
    return ["+" if one.layer == next_one.layer else "→" for one, next_one in pairwise(channels)]
