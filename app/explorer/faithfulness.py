"""The result of ``summit-graph faithfulness`` below a class's graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from explorer.address import plain
from explorer.frame import show_when_opened
from explorer.scene import Scene
from summit_graph.analysis.contrast import contrast_rows
from summit_graph.analysis.edge_faithfulness import edge_rows
from summit_graph.analysis.faithfulness import mark
from summit_graph.analysis.reports import Report, sections
from summit_graph.analysis.shares import percent
from summit_graph.analysis.stability import CORE, core_of, sanity_rows, stability_rows
from summit_graph.records import AttributionGraph
from summit_graph.views.advice import faithfulness_command
from summit_graph.views.classes import read_consistently
from summit_graph.views.faithfulness import read_report

if TYPE_CHECKING:
    import altair as alt

#: Of the rankings, the same in both themes; random ones are grey.
COLOURS = {
    "graph": "#e8590c",
    "PageRank": "#9c36b5",
    "counts": "#1c7ed6",
    "summed relevance": "#bf7a00",
    "gradient x activation": "#2f9e44",
    "random, similar counts": "#68727c",
    "random": "#8b929a",
}
#: The panel's place on the page.
ANCHOR = "faithfulness"


def read_faithfulness(scene: Scene, name: str) -> Report | None:
    """The class's report; None without one."""
    return read_consistently(
        scene.database, scene.network.name, name, lambda stored: read_report(scene.database, stored)
    )


def show_mark(report: Report | None) -> None:
    """What the graph's channels carry, in a few words that lead to the panel."""
    carried = mark(report["nodes"]) if report and "nodes" in report else None
    if carried:
        st.markdown(f"[{carried} of the log-odds](#{ANCHOR})")


def choose_core(graph: AttributionGraph, report: Report | None) -> AttributionGraph:
    """The graph, or what stays of it when the images are drawn again: a switch, if that is known."""
    if not report or "stability" not in report:
        return graph
    if not st.toggle("Core only", help=f"What stays in {percent(CORE)} of the graphs of images drawn again"):
        return graph
    return core_of(graph, report["stability"])


def show_faithfulness(scene: Scene, name: str, report: Report | None) -> None:
    """The verdict with the parts that were measured, or the command that measures them."""
    if report:
        st.subheader("Does the graph tell the truth?", anchor=ANCHOR)
        parts = sections(report)
        st.caption(plain(next(iter(parts.values()))["verdict"]))
        show_when_opened("Faithfulness", partial(_show_parts, parts), key="faithfulness")
    elif command := faithfulness_command(scene.network, name):
        show_when_opened("Faithfulness: not measured", partial(_show_command, command), key="not measured")


def _show_parts(parts: Mapping[str, dict[str, Any]]) -> None:
    for at, (part, section) in enumerate(parts.items()):
        PANELS[part](section)
        if at:  # the first one's is above
            st.caption(plain(section["verdict"]))


def _show_command(command: str) -> None:
    st.markdown("How much of the class's log-odds these channels carry:")
    st.code(command, language="sh", wrap_lines=True)


def _show_nodes(nodes: dict[str, Any]) -> None:
    lost, kept = st.columns(2)
    with lost:
        st.markdown("**Necessity**: share of the log-odds lost when the best k % of each layer are replaced")
        st.altair_chart(_chart(nodes, "necessity", "lost"))
    with kept:
        st.markdown("**Sufficiency**: share kept when only the best k % of each layer are kept")
        st.altair_chart(_chart(nodes, "sufficiency", "kept"))
    st.dataframe([_row(name, one) for name, one in nodes["curves"].items()], hide_index=True)
    about = "CPR: the area under sufficiency; CMD: the area between it and 1."
    st.caption(f"Measured on {nodes['images']} images. {about}")


def _show_edges(edges: dict[str, Any]) -> None:
    st.markdown("**Influences**: share of the log-odds lost without them, and kept by them alone")
    rows = [
        {"influences": name, "number": number, "lost": _first(lost), "kept": _first(kept)}
        for name, number, lost, kept in edge_rows(edges)
    ]
    st.dataframe(rows, hide_index=True)


def _show_completeness(section: dict[str, Any]) -> None:
    st.markdown("**Completeness**: share of what a channel receives through the graph's influences")
    rows = [
        {"channel": one["channel"], "influences": one["edges"], "share": _first(one["share"])}
        for one in section["channels"]
    ]
    st.dataframe(rows, hide_index=True)


def _show_specificity(section: dict[str, Any]) -> None:
    if section["nearest"] is None:
        return
    nearest = section["nearest"]["name"]
    st.markdown(f"**Specificity**: share of the log-odds lost by the class, and by {plain(nearest)}")
    rows = [
        {"replaced": name, "lost": _first(own), f"lost by {nearest}": _first(other)}
        for name, own, other in contrast_rows(section)
    ]
    st.dataframe(rows, hide_index=True)


def _show_stability(section: dict[str, Any]) -> None:
    st.markdown("**Stability**: overlap (Jaccard) with graphs of images that are drawn again")
    rows = [
        {"images drawn": share, "channels": _first(nodes), "influences": _first(edges)}
        for share, nodes, edges in stability_rows(section)
    ]
    st.dataframe(rows, hide_index=True)


def _show_sanity(section: dict[str, Any]) -> None:
    st.markdown("**Sanity**: overlap (Jaccard) with graphs that must differ")
    rows = [
        {"graph": name, "channels": nodes, "influences": edges} for name, nodes, edges in sanity_rows(section)
    ]
    st.dataframe(rows, hide_index=True)


def _row(name: str, curve: dict[str, Any]) -> dict[str, Any]:
    areas = {"CPR": _first(curve["cpr"]), "CMD": _first(curve["cmd"])}
    return {"ranking": name, **areas, "k for 0.8 (%)": curve["enough"]}


def _chart(nodes: dict[str, Any], curve: str, shown: str) -> alt.Chart:
    """One line per ranking over k, on a logarithmic scale: graphs are small."""
    import altair as alt

    rows = [
        {"k (%)": share, shown: _first(point), "ranking": name}
        for name, one in nodes["curves"].items()
        for share, point in zip(nodes["shares"], one[curve], strict=True)
    ]
    lines = alt.Chart(pd.DataFrame(rows)).mark_line(point=True)
    shown_colours = {name: colour for name, colour in COLOURS.items() if name in nodes["curves"]}
    colours = alt.Color("ranking:N").scale(domain=[*shown_colours], range=[*shown_colours.values()])
    return lines.encode(x=alt.X("k (%):Q").scale(type="log"), y=f"{shown}:Q", color=colours)


def _first(interval: Sequence[float] | None) -> float | None:
    return interval[0] if interval else None


#: Shows the section of each part.
PANELS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "nodes": _show_nodes,
    "edges": _show_edges,
    "completeness": _show_completeness,
    "specificity": _show_specificity,
    "stability": _show_stability,
    "sanity": _show_sanity,
}
