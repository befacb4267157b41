"""The explorer's components. Their JavaScript is in ``assets/`` as plain modules, served as one script."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from hashlib import sha256
from typing import Any

import streamlit as st

from explorer.assets import ASSETS, script_url
from explorer.provenance import shown_provenance
from summit_graph.display.page_data import (
    ChartContent,
    ChartData,
    ClassChoiceData,
    GalleryContent,
    GalleryData,
    GraphContent,
    GraphData,
    GraphState,
    MotifsContent,
    MotifsData,
    OverviewContent,
    OverviewData,
)

#: A component only imports the script of all, which a browser keeps. The script of a component has no URL, so
#: the URL of the page is the base.
_LOADER = """
export default function (component) {
  let removed = false;
  import(new URL("SCRIPT", document.baseURI))
    .then(({ modules }) => { if (!removed) modules["NAME.js"].default(component); });
  return () => { removed = true; };
}
"""
#: Parts of a node that may change without redrawing the graph.
_PICTURES = {"diversity", "examples"}
#: Called with the clicked item before the page runs again; it changes the URL that the page reads.
OnClick = Callable[[str], None]
#: The same with the name of a parameter of the URL and its value, "" for none.
OnParameter = Callable[[str, str], None]
#: What the overview shows of the classes, beside the selected one.
OVERVIEW_PARAMETERS = ("layer", "order", "colours", "trajectory")


def show_graph(
    content: GraphContent,
    state: GraphState,
    *,
    key: str,
    on_choices: OnClick,
    on_class: OnClick,
    on_subgraph_file: OnClick,
) -> Any:
    """A layered graph; the result's ``open`` is a channel whose page is to be opened.

    ``on_choices`` is called with all that the user has chosen, as JSON (``choices.js``); ``on_class`` with a
    similar class; ``on_subgraph_file`` with the text of an opened file.
    """
    nodes = [
        {name: value for name, value in node.items() if name not in _PICTURES} for node in content["nodes"]
    ]
    data: GraphData = {
        **content,
        **state,
        "key": _key(content["file"], nodes, content["edges"], content["output"]),
        "provenance": shown_provenance(),
    }
    return _component("graph")(
        key=key,
        data=data,
        on_choices_change=_clicked(key, "choices", on_choices),
        on_class_change=_clicked(key, "class", on_class),
        on_subgraph_file_change=_clicked(key, "subgraph_file", on_subgraph_file),
        on_open_change=_in_result,
    )


def show_overview(
    content: OverviewContent, *, key: str, on_chosen: OnClick, on_group: OnClick, on_parameter: OnParameter
) -> Any:
    """The classes as dots and as a list; the result's ``open`` is a class whose graph is to be opened.

    ``on_group`` is called with a group as JSON; ``on_parameter`` with a name of ``OVERVIEW_PARAMETERS``.
    """
    parameters = {
        f"on_{name}_change": _clicked(key, name, partial(on_parameter, name)) for name in OVERVIEW_PARAMETERS
    }
    data: OverviewData = {**content, "provenance": shown_provenance()}
    return _component("overview")(
        key=key,
        data=data,
        on_chosen_change=_clicked(key, "chosen", on_chosen),
        on_group_change=_clicked(key, "group", on_group),
        **parameters,
        on_open_change=_in_result,
    )


def show_gallery(content: GalleryContent, *, key: str) -> Any:
    """Groups of pictures; the result's ``open`` is a channel whose page is to be opened."""
    data: GalleryData = {**content, "key": _key(content), "provenance": shown_provenance()}
    return _component("gallery")(key=key, data=data, on_open_change=_in_result)


def show_motifs(content: MotifsContent, *, key: str, on_motif: OnClick) -> None:
    """A list of motifs; ``on_motif`` is called with the id of the clicked one."""
    data: MotifsData = {**content, "key": _key(content["motifs"]), "provenance": shown_provenance()}
    _component("motifs")(key=key, data=data, on_motif_change=_clicked(key, "motif", on_motif))


def show_class_choice(
    data: ClassChoiceData, *, key: str, width: int | None, on_chosen: Callable[[Sequence[str]], None]
) -> list[str]:
    """A field that chooses classes; returns their names if the user has changed the choice just now.

    ``on_chosen`` is called with the names before the page runs again. Not for forms: Streamlit ignores
    triggers there.
    """
    result = _component("class_choice")(
        key=key,
        data=data,
        width=width or "stretch",
        on_chosen_change=_clicked(key, "chosen", lambda text: on_chosen(json.loads(text))),
    )
    return json.loads(result.chosen) if result.chosen else []


def show_chart(content: ChartContent, *, key: str) -> None:
    """Measures of each layer as lines."""
    data: ChartData = {**content, "provenance": shown_provenance()}
    _component("chart")(key=key, data=data)


@cache
def _component(name: str) -> Any:
    css = "".join((ASSETS / file).read_text("utf-8") for file in ("common.css", f"{name}.css"))
    loader = _LOADER.replace("SCRIPT", script_url()).replace("NAME", name)
    return st.components.v2.component(
        f"summit_{name}", html=f'<div class="{name}"></div>', css=css, js=loader
    )


def _key(*parts: Any) -> str:
    """A hash of the parts; the component keeps its zoom and position while it is unchanged."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _clicked(key: str, name: str, on_click: OnClick) -> Callable[[], None]:
    """Streamlit passes no value to a callback: the trigger's value is in the session state."""

    def callback() -> None:
        value = st.session_state[key].get(name)
        if isinstance(value, str):
            on_click(value)

    return callback


def _in_result() -> None:
    """Streamlit requires a callback for each trigger; this trigger's value is read from the result."""
