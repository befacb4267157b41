"""Means over classes of reports that ``summit-graph faithfulness --json`` printed, as a Markdown table.

    python scripts/faithfulness_table.py reports/*.json

Rows are networks and rankings. An undefined number of a class is left out of the mean.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from summit_graph.analysis.reports import in_sections

Report = dict[str, Any]


def main(files: Sequence[str]) -> None:
    """Print the table."""
    reports = [nodes_of(json.loads(Path(file).read_text("utf-8"))) for file in files]
    networks = list(dict.fromkeys(one["network"] for one in reports))
    shares = reports[0]["shares"][:-1]
    heads = ["network", "ranking", "own size: lost", "own size: kept", "CPR", "CMD"]
    heads += [f"lost at {share:g} %" for share in shares] + [f"kept at {share:g} %" for share in shares]
    print_row(heads)
    print_row(["---"] * len(heads))
    for network in networks:
        of_network = [one for one in reports if one["network"] == network]
        for ranking in of_network[0]["curves"]:
            print_row([network, ranking, *numbers_of(of_network, ranking)])


def nodes_of(report: Report) -> Report:
    """The network's name, and the part "nodes"; reports of one part alone have no sections."""
    return {"network": report["network"], **in_sections(report)["nodes"]}


def numbers_of(reports: Sequence[Report], ranking: str) -> Iterator[str]:
    """The means of one row."""
    for key in ("necessity", "sufficiency"):
        yield mean([one["sets"][ranking][key] for one in reports])
    for key in ("cpr", "cmd"):
        yield mean([one["curves"][ranking][key] for one in reports])
    for key in ("necessity", "sufficiency"):
        for points in list(zip(*(one["curves"][ranking][key] for one in reports), strict=True))[:-1]:
            yield mean(points)


def mean(intervals: Sequence[Sequence[float] | None]) -> str:
    """Of the values without their intervals."""
    values = [one[0] for one in intervals if one is not None]
    return f"{fmean(values):.2f}" if values else ""


def print_row(cells: Sequence[str]) -> None:
    """One line of the table."""
    print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
