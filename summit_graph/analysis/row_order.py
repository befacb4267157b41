"""The order of the channels within their layers in which few influences cross.

1. Each layer is a row, centred: a channel's place is its distance from the middle of its row.
2. A sweep moves each channel to the mean place of the channels that it is connected to, in the layers below
   and above, weighted with the influences' counts (barycenter heuristic; Sugiyama, Tagawa and Toda, 1981).
3. Sweeps alternate: from the lowest row up, and from the highest down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from summit_graph.records import Channel

#: More sweeps reduce the crossings of the published graphs by less than 1 %.
SWEEPS = 6
Neighbours = Mapping[Channel, Sequence[tuple[Channel, int]]]


def order_rows(
    channels: Iterable[Channel], influences: Iterable[tuple[Channel, Channel, int]]
) -> dict[str, list[Channel]]:
    """Each layer's channels from left to right; layers in the order in which they come.

    Args:
        channels: from the lowest layer up.
        influences: two of the channels, and in how many images the influence counts.
    """
    rows: dict[str, list[Channel]] = {}
    for channel in channels:
        rows.setdefault(channel.layer, []).append(channel)
    neighbours = _neighbours(influences)
    places = {channel: place for row in rows.values() for channel, place in _places(row)}
    for sweep in range(SWEEPS):
        for row in rows.values() if sweep % 2 == 0 else reversed(rows.values()):
            means = {channel: _mean_place(channel, neighbours, places) for channel in row}
            row.sort(key=lambda channel: (means[channel], channel.index))
            places.update(_places(row))
    return rows


def _neighbours(influences: Iterable[tuple[Channel, Channel, int]]) -> Neighbours:
    neighbours: dict[Channel, list[tuple[Channel, int]]] = {}
    for one, other, count in influences:
        neighbours.setdefault(one, []).append((other, count))
        neighbours.setdefault(other, []).append((one, count))
    return neighbours


def _places(row: Sequence[Channel]) -> list[tuple[Channel, float]]:
    return [(channel, at - (len(row) - 1) / 2) for at, channel in enumerate(row)]


def _mean_place(channel: Channel, neighbours: Neighbours, places: Mapping[Channel, float]) -> float:
    connected = neighbours.get(channel, ())
    weight = sum(count for _, count in connected)
    if not weight:
        return places[channel]
    return sum(places[other] * count for other, count in connected) / weight
