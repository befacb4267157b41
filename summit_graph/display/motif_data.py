"""Motifs as input of the motif component."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from summit_graph.display.page_data import Motif, MotifsContent
from summit_graph.records import Channel


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
    network: str, motifs: Iterable[tuple[str, Structure]], *, chosen: str | None = None
) -> MotifsContent:
    """The motifs in the given order, each with its id; ``chosen`` is an id."""
    return {
        "network": network,
        "file": f"{network}-motifs",
        "heading": f"Structures that recur across the classes of {network}",
        "chosen": chosen,
        "motifs": [_motif(name, one) for name, one in motifs],
    }


def _motif(name: str, motif: Structure) -> Motif:
    return {
        "id": name,
        "shape": motif.shape,
        "support": motif.support,
        "expected": motif.expected,
        "q": motif.q,
        "joins": _joins(motif.channels),
        "channels": [{"channel": str(one), "name": f"{one.layer} · {one.index}"} for one in motif.channels],
    }


def _joins(channels: Sequence[Channel]) -> list[str]:
    """The signs between channels, from the lowest layer up; channels of one layer are side by side."""
    return ["+" if one.layer == next_one.layer else "→" for one, next_one in pairwise(channels)]
