"""The part below every view: downloads and the Cypher queries of the view."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from explorer.frame import is_embedded
from explorer.provenance import shown_provenance
from summit_graph.pictures.canvases import Paper
from summit_graph.store.queries import read_query

#: The pages of sheets, as the buttons call them.
PAPERS: dict[Paper, str] = {"a4": "A4", "letter": "Letter"}


def show_rest(
    name: str,
    *,
    rows: Sequence[Mapping[str, Any]],
    influences: Sequence[Mapping[str, Any]] = (),
    queries: Sequence[str],
    json_text: Callable[[], str] | None = None,
    sheet: Callable[[Paper], bytes] | None = None,
) -> None:
    """Draw the part below a view: downloads and, on request, its named queries; none where embedded."""
    if is_embedded():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        show_downloads(name, rows=rows, influences=influences, json_text=json_text, sheet=sheet)
        st.space("stretch")
        asked = st.toggle("Show the Cypher", help="The queries of this view, to copy and edit")
    if asked:
        show_cypher(*queries)


def show_downloads(
    name: str,
    *,
    rows: Sequence[Mapping[str, Any]],
    influences: Sequence[Mapping[str, Any]] = (),
    json_text: Callable[[], str] | None = None,
    sheet: Callable[[Paper], bytes] | None = None,
) -> None:
    """Download buttons: CSV, influences as CSV, JSON, a sheet as PDF; files are made on click.

    Tables have what they are made from in further columns of each row, which every reader of CSV reads.
    """
    made_from = shown_provenance()
    st.download_button(
        "Data as CSV",
        lambda: to_csv(_with(rows, made_from)),
        f"{name}.csv",
        "text/csv",
        on_click="ignore",
        disabled=not rows,
    )
    if influences:
        st.download_button(
            "Influences as CSV",
            lambda: to_csv(_with(influences, made_from)),
            f"{name}-influences.csv",
            "text/csv",
            on_click="ignore",
        )
    st.download_button(
        "Data as JSON",
        json_text or (lambda: to_json(rows, made_from)),
        f"{name}.json",
        "application/json",
        on_click="ignore",
    )
    if sheet is None:
        return
    for paper, title in PAPERS.items():
        st.download_button(
            f"Sheet as PDF ({title})",
            partial(sheet, paper),
            f"{name}.pdf",
            "application/pdf",
            on_click="ignore",
            help="The graph with its pictures on one page, for papers and talks",
        )


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with a header; values that a spreadsheet would read as formulas get an apostrophe."""
    stream = io.StringIO()
    if rows:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
    return stream.getvalue()


def to_json(rows: Sequence[Mapping[str, Any]], made_from: Mapping[str, str]) -> str:
    """Rows as JSON, with what they are made from; infinite values and NaN are null."""
    listed = [{key: _finite(value) for key, value in row.items()} for row in rows]
    return json.dumps({**made_from, "rows": listed}, ensure_ascii=False, allow_nan=False)


def _with(rows: Sequence[Mapping[str, Any]], more: Mapping[str, str]) -> list[Mapping[str, Any]]:
    return [{**row, **{key: value for key, value in more.items() if key not in row}} for row in rows]


def show_cypher(*queries: str) -> None:
    """Draw named queries, to copy or to run on the Ask page."""
    for path in queries:
        query = read_query(path)
        st.caption(query.description)
        needed = ", ".join(f"${one.name} ({one.meaning or one.type})" for one in query.parameters)
        st.code(f"// parameters: {needed}\n{query.text}" if needed else query.text, language="cypher")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
