"""Saves a Cypher text of the Ask page as a query of the user's own, where only this machine can do so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from explorer.address import plain
from explorer.frame import is_embedded
from explorer.hosts import is_local
from summit_graph.errors import NameTakenError, SummitGraphError
from summit_graph.settings import ExplorerSettings
from summit_graph.store.own_queries import write_own_query

#: Keys of the session state: the two fields, and what became of the last click.
_NAME, _DESCRIPTION, _OUTCOME = "save name", "save description", "save outcome"


class Draft(NamedTuple):
    """A query to be saved."""

    name: str
    description: str
    text: str
    columns: tuple[str, ...]


def show_saving(text: str, columns: Sequence[str]) -> None:
    """Draw the form that saves a text that was answered; elsewhere why there is none."""
    if reason := _why_not():
        st.caption(reason)
        return
    with st.form("save", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key=_NAME, max_chars=60, width=200, placeholder="my_query")
        st.text_input("What it answers", key=_DESCRIPTION, max_chars=200)
        st.form_submit_button("Save", on_click=_save_fields, args=(text, tuple(columns)))
    _show_outcome(st.session_state.pop(_OUTCOME, None))


def _why_not() -> str | None:
    """Why queries are not saved here; None if they are."""
    if is_embedded():
        return "Queries are not saved where another page embeds this one."
    served, base = st.get_option("server.address"), st.get_option("server.baseUrlPath")
    if not is_local(served=served, base=base, more=ExplorerSettings().more_hosts):
        return (
            "Queries are saved only where the explorer is served to this machine alone: "
            "without `--host`, `--allow-host` and a proxy's path."
        )
    return None


def _save_fields(text: str, columns: tuple[str, ...]) -> None:
    name, description = st.session_state[_NAME].strip(), st.session_state[_DESCRIPTION].strip()
    _save(Draft(name, description, text, columns))


def _save(draft: Draft, *, replace: bool = False) -> None:
    """Save it before the page is drawn, so that the list of questions has it."""
    st.session_state[_OUTCOME] = _outcome(draft, replace=replace)


def _outcome(draft: Draft, *, replace: bool) -> Path | Draft | str:
    """The file, the draft if its name is taken, or the error."""
    if not draft.name or not draft.description:
        return "Please enter: Name, What it answers"
    try:
        return write_own_query(*draft, replace=replace)
    except NameTakenError:
        return draft
    except SummitGraphError as error:
        return str(error)


def _show_outcome(outcome: Path | Draft | str | None) -> None:
    if isinstance(outcome, Path):
        st.success(
            f"Saved as {plain(outcome)}. It is among the questions, and `summit-graph query` lists it."
        )
    elif isinstance(outcome, Draft):
        name = plain(outcome.name)
        st.warning(f"There is a query {name} already.")
        st.button(f"Replace {name}", on_click=_save, args=(outcome,), kwargs={"replace": True})
    elif outcome is not None:
        st.warning(plain(outcome))
