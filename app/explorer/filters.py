"""Filters of a page whose values are in the URL."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.address import select, selected

ANY_LAYER = "any layer"
#: Significant: at most this false discovery rate.
MOST_Q = 0.05


def choose_filter(label: str, parameter: str, options: Sequence[str], width: int) -> str:
    """A select box whose value is a parameter of the URL; the first option is left out of it."""
    key, now = f"filter {parameter}", selected(parameter)
    st.session_state[key] = now if now in options else options[0]

    def keep() -> None:
        value = st.session_state[key]
        select(**{parameter: None if value == options[0] else value})

    return str(st.selectbox(label, options, key=key, width=width, on_change=keep))


def choose_significant(about: str) -> bool:
    """A switch for ``MOST_Q`` whose value is in the URL."""
    st.session_state["filter significant"] = selected("significant") == "yes"
    return st.toggle(
        "Significant (q ≤ 5 %)",
        key="filter significant",
        help=about,
        on_change=lambda: select(significant="yes" if st.session_state["filter significant"] else None),
    )
