"""What every page offers below its view: the data as files, and the Cypher that answered."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from summit_graph.queries import read_query


def show_downloads(
    name: str,
    *,
    rows: Sequence[Mapping[str, Any]],
    json_text: str | None = None,
    sheet: Callable[[], bytes] | None = None,
) -> None:
    """Buttons for the data as CSV and JSON, and for a sheet where there is one; made when clicked."""
    with st.container(horizontal=True):
        st.download_button(
            "Data as CSV",
            lambda: to_csv(rows),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
            disabled=not rows,
        )
        st.download_button(
            "Data as JSON",
            lambda: json_text or json.dumps(list(rows), ensure_ascii=False),
            f"{name}.json",
            "application/json",
            on_click="ignore",
        )
        if sheet is not None:
            st.download_button(
                "Sheet as PDF",
                sheet,
                f"{name}.pdf",
                "application/pdf",
                on_click="ignore",
                help="The graph with its pictures on one page, for papers and talks",
            )


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with a header; what a spreadsheet would take for a formula gets an apostrophe."""
    stream = io.StringIO()
    if rows:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
    return stream.getvalue()


def show_cypher(*queries: str) -> None:
    """The named queries behind a view, to copy or to run on the Ask page; drawn only when asked for."""
    if not st.toggle("Show the Cypher"):
        return
    for path in queries:
        query = read_query(path)
        st.caption(query.description)
        needed = ", ".join(f"${one.name} ({one.meaning or one.type})" for one in query.parameters)
        st.code(f"// parameters: {needed}\n{query.text}" if needed else query.text, language="cypher")


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
