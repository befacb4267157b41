"""Prints a report of ``faithfulness``: the verdict and a table of each part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from summit_graph.analysis.contrast import contrast_rows
from summit_graph.analysis.edge_faithfulness import Interval, edge_rows
from summit_graph.analysis.reports import Report, sections
from summit_graph.analysis.stability import sanity_rows, stability_rows
from summit_graph.cli.console import print_data, print_table

Section = Mapping[str, Any]

#: The shares of a layer that are printed; --json has all.
_PRINTED = (1, 5, 20, 50)
_MEANING = (
    "lost k %: share of the log-odds lost when the best k % of each layer are replaced.",
    "kept k %: share kept when only these are kept. CPR: the area under it; CMD: the area between it and 1.",
    "k for 0.8: the percent of all channels that keep 0.8; areas are over the percent of all channels too.",
    "--json prints all k and 95 % intervals.",
)
_MEANING_OF_EDGES = (
    "lost: share of the log-odds lost without these influences; kept: share kept by them alone.",
    "largest counts: as many on each layer as the graph has, times 1, 10, …; --json prints 95 % intervals.",
)


def print_report(report: Report) -> None:
    """Print everything that was measured."""
    for at, (name, section) in enumerate(sections(report).items()):
        if at:
            print_data("")
        print_data(section["verdict"])
        print_data("")
        TABLES[name](section)


def print_nodes(section: Section) -> None:
    """Print the node curves."""
    shares = section["shares"]
    shown = [at for at, share in enumerate(shares) if share in _PRINTED]
    columns = ["ranking", "CPR", "CMD", "k for 0.8", *(f"lost {shares[at]:g} %" for at in shown)]
    columns += [f"kept {shares[at]:g} %" for at in shown]
    print_table(columns, [_row(name, curve, shown) for name, curve in section["curves"].items()])
    print_data("")
    for line in (*_MEANING, *_of_real_shares(section, shown)):
        print_data(line)


def print_specificity(section: Section) -> None:
    """Print the losses of both classes."""
    nearest = section["nearest"]
    if nearest is None:
        return
    rows = [[name, _number(own), _number(other)] for name, own, other in contrast_rows(section)]
    print_table(["replaced", "lost", f"lost by {nearest['name']}"], rows)
    print_data("")
    print_data(f"{nearest['name']} is the nearest class, by {nearest['by']} ({nearest['similarity']:.2f}).")


def print_stability(section: Section) -> None:
    """Print how the overlap grows with the number of images."""
    rows = [[share, _number(nodes), _number(edges)] for share, nodes, edges in stability_rows(section)]
    print_table(["images drawn", "Jaccard of channels", "Jaccard of influences"], rows)


def print_sanity(section: Section) -> None:
    """Print the overlaps with the true graph."""
    rows = [[*one] for one in sanity_rows(section)]
    print_table(["graph", "Jaccard of channels", "Jaccard of influences"], rows)


def print_edges(section: Section) -> None:
    """Print the influences: the graph's and as many others, then those of the largest counts."""
    print_table(["influences", "number", "lost", "kept"], [_edges_row(*one) for one in edge_rows(section)])
    print_data("")
    for line in _MEANING_OF_EDGES:
        print_data(line)


def print_completeness(section: Section) -> None:
    """Print the share of each channel."""
    rows = [[one["channel"], one["edges"], _number(one["share"])] for one in section["channels"]]
    print_table(["channel", "influences", "share of what it receives"], rows)


def _edges_row(name: str, number: int, lost: Interval, kept: Interval) -> list[Any]:
    return [name, number, _number(lost), _number(kept)]


def _of_real_shares(section: Section, shown: Sequence[int]) -> list[str]:
    """What the shares are of all channels, where layers are so narrow that one channel is more."""
    if "real_shares" not in section:
        return []
    pairs = [(section["shares"][at], section["real_shares"][at]) for at in shown]
    if all(real < 1.1 * share for share, real in pairs):
        return []
    words = [f"{share:g} % are {real:.1f} % of all channels" for share, real in pairs]
    return [f"A layer has one channel at least: {', '.join(words)}."]


def _row(name: str, curve: Mapping[str, Any], shown: Sequence[int]) -> list[Any]:
    points = [curve[key][at] for key in ("necessity", "sufficiency") for at in shown]
    enough = curve["enough"] and f"{curve['enough']:.3g} %"
    return [name, _number(curve["cpr"]), _number(curve["cmd"]), enough, *map(_number, points)]


def _number(interval: Sequence[float] | None) -> str | None:
    return None if interval is None else f"{interval[0] + 0:.2f}".replace("-0.00", "0.00")


#: Prints the section of each part.
TABLES: Mapping[str, Callable[[Section], None]] = {
    "nodes": print_nodes,
    "edges": print_edges,
    "completeness": print_completeness,
    "specificity": print_specificity,
    "stability": print_stability,
    "sanity": print_sanity,
}
