"""Draws what ``scripts/faithfulness_study.py`` measured, and prints it as a Markdown table.

    python scripts/faithfulness_plots.py study.json --out docs/images/faithfulness-googlenet.svg

Every number is a mean over the classes. CPR and CMD are over the share of all channels, from 0 to 100 %.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import matplotlib as mpl
import numpy as np
import typer
from matplotlib import pyplot

from summit_graph.analysis.shares import area

Study = Mapping[str, Mapping[str, Any]]

#: The rankings that are drawn, with their colours.
DRAWN = {
    "PageRank": "#1f77b4",
    "counts": "#17becf",
    "PageRank of relevance": "#d62728",
    "counts of relevance": "#ff7f0e",
    "summed relevance": "#9467bd",
    "gradient x activation": "#7f7f7f",
    "random": "#c7c7c7",
}
PANELS = {"lost": "log-odds lost without them", "kept": "log-odds kept by them alone"}


def main(
    study: Annotated[Path, typer.Argument(help="A file of faithfulness_study.py.")],
    out: Annotated[Path, typer.Option(help="An SVG file.")],
) -> None:
    """Draw the curves and print the table."""
    found = json.loads(study.read_text("utf-8"))
    draw(found, out)
    for row in table(found):
        typer.echo("| " + " | ".join(row) + " |")


def points(study: Study, ranking: str, key: str) -> tuple[list[float], list[float]]:
    """Numbers of channels, ascending, and the means over the classes where they were measured."""
    curves = [one["curves"][ranking] for one in study.values()]
    rows = [part for part in zip(*curves, strict=True) if key in part[0]]
    rows.sort(key=lambda part: part[0]["channels"])
    return [part[0]["channels"] for part in rows], [fmean(one[key] for one in part) for part in rows]


def draw(study: Study, out: Path) -> None:
    """Two panels, one line for each of the main rankings."""
    mpl.rcParams["svg.hashsalt"] = "summit-graph"  # equal curves give equal files
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    sizes, _ = points(study, "PageRank of relevance, damping 0.5", "lost")
    for panel, (key, title) in zip(axes, PANELS.items(), strict=True):
        for ranking, colour in DRAWN.items():
            panel.plot(*points(study, ranking, key), "o-", color=colour, label=ranking, markersize=3)
        panel.axhline(0, color="#444444", linewidth=0.6)
        panel.set(xscale="log", xlabel="channels", title=title)
        panel.set_xticks(sizes, [f"{size:.0f}" for size in sizes], minor=False)
        panel.minorticks_off()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    pyplot.close(figure)


def table(study: Study) -> Iterator[Sequence[str]]:
    """The share lost at each size, and CPR and CMD where the whole curve was measured."""
    first = next(iter(study.values()))
    sizes = [f"{point['channels']:.0f}" for point in next(iter(first["curves"].values()))[:5]]
    yield ["ranking", *(f"lost with {size}" for size in sizes), "CPR", "CMD"]
    yield ["---"] * (len(sizes) + 3)
    for ranking in first["curves"]:
        lost = [
            fmean(one["curves"][ranking][at]["lost"] for one in study.values()) for at in range(len(sizes))
        ]
        yield [ranking, *(f"{one:.2f}" for one in lost), *areas(study, ranking, first["of"])]


def areas(study: Study, ranking: str, channels: int) -> tuple[str, str]:
    """CPR and CMD; empty if the curve was not measured."""
    at, kept = points(study, ranking, "kept")
    if not at:
        return "", ""
    shares = [0.0, *(100 * one / channels for one in at), 100.0]
    values = np.array([0.0, *kept, 1.0])
    return f"{float(area(shares, values)):.2f}", f"{float(area(shares, np.abs(1 - values))):.2f}"


if __name__ == "__main__":
    typer.run(main)
