"""The order of the channels within their layers in which few influences cross.

1. Each layer is a row, centred: a channel's place is its distance from the middle of its row.
2. A sweep moves each channel to the mean place of the channels that it is connected to, in the layers below
   and above, weighted with the influences' counts (barycenter heuristic; Sugiyama, Tagawa and Toda, 1981).
   A run (``analysis.runs``) moves as a whole.
3. Sweeps alternate: from the lowest row up, and from the highest down.
4. Where sides are given, as for the classes of a comparison, each row is sorted by them; the sweeps decide
   between channels of one side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from statistics import fmean

from summit_graph.analysis.runs import Run
from summit_graph.records import Channel

#: More sweeps reduce the crossings of the published graphs by less than 1 %.
SWEEPS = 6
Neighbours = Mapping[Channel, Sequence[tuple[Channel, int]]]


def order_rows(
    channels: Iterable[Channel],
    influences: Iterable[tuple[Channel, Channel, int]],
    runs: Iterable[Run] = (),
    *,
    sides: Mapping[Channel, float] | None = None,
) -> dict[str, list[Channel]]:
    """Each layer's channels from left to right; layers in the order in which they come.

    Args:
        channels: from the lowest layer up.
        influences: two of the channels, and in how many images the influence counts.
        runs: are columns: no two of them change sides from one layer to another.
        sides: smaller ones are further left; a run has the mean of its channels' sides.
    """
    rows: dict[str, list[Channel]] = {}
    for channel in channels:
        rows.setdefault(channel.layer, []).append(channel)
    neighbours = _neighbours(influences)
    places = {channel: place for row in rows.values() for channel, place in _places(row)}
    columns = {channel: run for run in runs for channel in run}
    for sweep in range(SWEEPS):
        for row in rows.values() if sweep % 2 == 0 else reversed(rows.values()):
            means = {
                channel: _mean_place(columns.get(channel, (channel,)), neighbours, places) for channel in row
            }
            row.sort(key=lambda channel: (means[channel], channel.index))
            places.update(_places(row))
    if columns or sides:
        _sort_by_columns(rows, columns, places, sides or {})
    return rows


def place_columns(
    rows: Iterable[Sequence[Channel]], runs: Iterable[Run], *, distance: float
) -> dict[Channel, float]:
    """The horizontal place of each channel around 0: at least a distance apart, a run in one column.

    A column is in the middle between its place where all are pushed to the left and where all are pushed to
    the right; a row without runs is centred.

    Args:
        rows: as ``order_rows`` sorts them.
    """
    columns = {channel: run for run in runs for channel in run}
    named = [[columns.get(channel, (channel,)) for channel in row] for row in rows]
    from_left = _pushed(named)
    from_right = _pushed([row[::-1] for row in named])
    return {
        channel: (from_left[column] - from_right[column]) * distance / 2
        for row in named
        for column in row
        for channel in column
    }


def _pushed(rows: Iterable[Sequence[Run]]) -> dict[Run, int]:
    """How many columns are at least between each column and the side that a row starts from."""
    before: dict[Run, list[Run]] = {}
    for row in rows:
        for at, column in enumerate(row):
            before.setdefault(column, []).extend(row[at - 1 : at] if at else ())
    places: dict[Run, int] = {}
    for column in TopologicalSorter(before).static_order():
        places[column] = max((places[other] + 1 for other in before[column]), default=0)
    return places


def _sort_by_columns(
    rows: Mapping[str, list[Channel]],
    columns: Mapping[Channel, Run],
    places: Mapping[Channel, float],
    sides: Mapping[Channel, float],
) -> None:
    """Sort each row by the mean side of each column, then by its mean place: one order for all rows."""

    def key(channel: Channel) -> tuple[float, float, str]:
        column = columns.get(channel, (channel,))
        side = fmean(sides.get(one, 0.0) for one in column)
        return side, fmean(places[one] for one in column), str(column[0])

    for row in rows.values():
        row.sort(key=key)


def _neighbours(influences: Iterable[tuple[Channel, Channel, int]]) -> Neighbours:
    neighbours: dict[Channel, list[tuple[Channel, int]]] = {}
    for one, other, count in influences:
        neighbours.setdefault(one, []).append((other, count))
        neighbours.setdefault(other, []).append((one, count))
    return neighbours


def _places(row: Sequence[Channel]) -> list[tuple[Channel, float]]:
    return [(channel, at - (len(row) - 1) / 2) for at, channel in enumerate(row)]


def _mean_place(column: Run, neighbours: Neighbours, places: Mapping[Channel, float]) -> float:
    """The mean place of what a column is connected to; its own where it is not connected."""
    connected = [one for channel in column for one in neighbours.get(channel, ()) if one[0] not in column]
    weight = sum(count for _, count in connected)
    if not weight:
        return sum(places[channel] for channel in column) / len(column)
    return sum(places[other] * count for other, count in connected) / weight
