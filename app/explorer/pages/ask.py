"""``/ask``: the named queries with forms for their parameters, and a box for Cypher."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from explorer.address import plain, select, selected
from explorer.class_choice import choose_class, choose_classes
from explorer.components import show_gallery
from explorer.downloads import show_downloads
from explorer.frame import open_page, show_when_opened, worth_seeing
from explorer.gallery import channel_item, channel_url_prefix
from explorer.saving import show_saving
from explorer.scene import Scene, width_for
from summit_graph.display.page_data import GalleryContent
from summit_graph.display.wording import counted
from summit_graph.errors import SummitGraphError
from summit_graph.records import Channel, Layer, missing_channel
from summit_graph.store.own_queries import read_own_queries
from summit_graph.store.queries import OWN, Parameter, Query, list_queries
from summit_graph.views.asking import ROWS, SECONDS, Answer, ask
from summit_graph.views.questions import ALL_LAYERS, Given, Limits, lacking, layer_meant, run_question

#: What questions are about.
SUBJECTS = ("One class", "Two classes", "One channel", "All classes", "Your own")
FIRST_QUESTION = "top_channels"
#: Parameters whose names say too little.
LABELS = {"other": "Another class", "limit": "Rows at most", "of_images": "Share of images (0 to 1)"}
#: Maximum number of an answer's channels shown as pictures.
PICTURES = 24
FIRST = """MATCH (class:Class {network: $network})-[:SELECTS]->(channel:Channel)
RETURN channel.layer AS layer, channel.index AS channel, count(class) AS classes
ORDER BY classes DESC LIMIT 10"""
#: Keys of the session state: the text in the box, and the text of the address that it has taken.
_BOX, _TAKEN = "cypher text", "cypher of the address"
#: The longest text that is put into the address: servers refuse addresses of some 64 KB.
_IN_ADDRESS = 4000
_OWN_CYPHER = "Your own Cypher"
_GRAPH = """(:Network {name})-[:HAS_LAYER]->(:Layer {name, position, channels})
(:Layer)-[:HAS_CHANNEL]->(:Channel {id, network, layer, index})
(:Network)-[:HAS_CLASS]->(:Class {id, network, name, title, images})-[:ACTIVATES {count}]->(:Channel)
(:Class)-[:SELECTS {count, pagerank}]->(:Channel)     // the attribution graph's channels
(:Channel)-[:SELECTED_INFLUENCE {class_id, count, via, skip}]->(:Channel)     // and its influences
(:Channel)-[:INFLUENCES {class_id, count, via, skip}]->(:Channel)     // the full network
(:Class)-[:PLACED {x, y}]->(:Layer)     // in the layer's embedding"""


def show(scene: Scene) -> None:
    """Draw the named queries and the Cypher box."""
    ready, own = st.tabs(["Questions", _OWN_CYPHER], default=_OWN_CYPHER if selected("cypher") else None)
    with ready:
        _show_questions(scene)
    with own:
        _show_box(scene)


def _show_questions(scene: Scene) -> None:
    own = read_own_queries()
    for fault in own.faults.values():
        st.warning(plain(fault))
    queries = {query.name: query for query in [*list_queries(), *own.queries]}
    lacks = lacking(scene.database, scene.network)
    query = queries[_choose_question(queries, lacks)]
    if missing := [lacks[need] for need in query.needs if need in lacks]:
        st.info(f"Network {plain(scene.network.name)} {plain(missing[0])}.")
        return
    about = f"{scene.network.name} {query.name}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = {
            one.name: value
            for one in query.parameters
            if _is_asked(one) and (value := _ask_for(scene, query, one))
        }
        asked = st.button("Ask", type="primary")
    key = f"answer {about}"
    if asked or (not _is_answered(key, given) and not _missing(query, given)):
        with st.spinner("Asking …"):
            st.session_state[key] = (given, _answer(scene, query, given))
    if _is_answered(key, given):
        _show_answer(scene, st.session_state[key][1], query.name)
    show_when_opened("Show the Cypher", partial(st.code, query.text, language="cypher"), key="cypher")


def _is_answered(key: str, given: Given) -> bool:
    """Whether the answer of the session state is one for these values."""
    return key in st.session_state and st.session_state[key][0] == given


def _choose_question(queries: Mapping[str, Query], lacks: Mapping[str, str]) -> str:
    """The name of the chosen question: first what it is about, then the question."""
    name = selected("query")
    chosen = queries.get(name or "", queries[FIRST_QUESTION])
    st.session_state["about"], st.session_state["query"] = _subject_of(chosen), chosen.name
    groups: dict[str, list[str]] = {subject: [] for subject in SUBJECTS}
    for query in queries.values():
        if query.folder in ("question", OWN) or query.name == chosen.name:
            groups[_subject_of(query)].append(query.name)

    def take_first() -> None:
        if subject := st.session_state["about"]:
            select(query=groups[subject][0], cypher=None)

    def describe(one: str) -> str:
        cannot = " (this network cannot answer it)" if lacks.keys() & set(queries[one].needs) else ""
        return queries[one].description + cannot

    st.segmented_control(
        "About", [subject for subject, names in groups.items() if names], key="about", on_change=take_first
    )
    st.selectbox(
        "Question",
        groups[_subject_of(chosen)],
        key="query",
        format_func=describe,
        on_change=lambda: select(query=st.session_state["query"], cypher=None),
    )
    return chosen.name


def _subject_of(query: Query) -> str:
    """What a question is about, one of ``SUBJECTS``, by its parameters."""
    if query.folder == OWN:
        return SUBJECTS[4]
    names = {one.name for one in query.parameters}
    if "other" in names or "classes" in names:
        return SUBJECTS[1]
    if "channel" in names:
        return SUBJECTS[2]
    return SUBJECTS[0] if "class" in names else SUBJECTS[3]


def _label_of(parameter: Parameter) -> str:
    return LABELS.get(parameter.name, parameter.name.replace("_", " ").capitalize())


def _is_asked(parameter: Parameter) -> bool:
    """Whether it is a field of the form: networks are those of the page."""
    return not (parameter.meaning or "").startswith("Network.")


def _missing(query: Query, given: Given) -> list[Parameter]:
    """The fields of the form that must be filled in and are not."""
    return [
        one for one in query.parameters if _is_asked(one) and one.default is None and one.name not in given
    ]


def _ask_for(scene: Scene, query: Query, parameter: Parameter) -> str | list[str]:
    """An input field for the parameter's meaning."""
    key = f"{scene.network.name} {query.name} {parameter.name}"
    if (parameter.meaning or "").startswith("Class."):
        return _ask_for_class(scene, parameter, f"{key} {scene.chosen}")
    if parameter.meaning == "Layer.name":
        return _ask_for_layer(scene, parameter, key)
    wanted = selected("channel") if parameter.meaning == "Channel.id" else None
    return st.text_input(
        _label_of(parameter),
        wanted or parameter.default or "",
        key=key,
        width=180,
        placeholder=f"{scene.layers[-1].name}/0" if parameter.meaning == "Channel.id" else "",
    )


def _ask_for_class(scene: Scene, parameter: Parameter, key: str) -> str | list[str]:
    """A field for the class or the classes; the choice is kept for the classes of the URL.

    Args:
        key: of the choice in the session state.
    """
    label, field = _label_of(parameter), f"class for {parameter.name.replace('_', ' ')}"

    def keep(value: str | list[str]) -> None:
        st.session_state[key] = value

    if parameter.takes_list:
        several: list[str] = st.session_state.get(key, list(scene.chosen[:4]))
        choose_classes(scene, label, several, keep, key=field, labelled=True)
        return several
    one = st.session_state.get(key) or (_default_class(scene, parameter) if scene.classes else None)
    choose_class(scene, label, one, keep, key=field, width=280, labelled=True)
    return one or ""


def _default_class(scene: Scene, parameter: Parameter) -> str:
    """A selected class, else a class worth seeing; a second class is another one."""
    names = list(dict.fromkeys([*scene.chosen, *worth_seeing(scene)]))
    return names[1] if parameter.name == "other" and len(names) > 1 else names[0]


def _ask_for_layer(scene: Scene, parameter: Parameter, key: str) -> str | list[str]:
    """A select box of the network's layers, the highest first, with "all" if that is the default."""
    layers = [layer.name for layer in reversed(scene.layers)]
    if parameter.takes_list:
        return st.multiselect(_label_of(parameter), layers, key=key, placeholder=parameter.default, width=280)
    if parameter.default == ALL_LAYERS:
        layers = [ALL_LAYERS, *layers]
    default = layer_meant(layers[::-1], parameter.default or "")
    at = layers.index(default) if default else 0
    return st.selectbox(_label_of(parameter), layers, at, key=key, width=width_for(scene.layers))


def _answer(scene: Scene, query: Query, given: Given) -> Answer | str:
    """The answer, or the error."""
    if missing := _missing(query, given):
        return f"Please enter: {', '.join(map(_label_of, missing))}"
    try:
        limits = Limits(rows=ROWS + 1, seconds=SECONDS)
        columns, rows = run_question(scene.database, query, given, network=scene.network.name, limits=limits)
    except SummitGraphError as error:
        return str(error)
    return Answer(tuple(columns), rows[:ROWS], len(rows) > ROWS)


def _show_box(scene: Scene) -> None:
    _take_from_address()
    with st.form("own", border=False):
        text = st.text_area("Cypher", key=_BOX, height=150, help="Only reading queries are run")
        asked = st.form_submit_button("Ask", type="primary")
    st.caption(
        f"Read-only; limits: {SECONDS:g} s, {ROWS:,} rows. `$network` is {plain(scene.network.name)}. "
        f"A text that was asked is in the address, up to {_IN_ADDRESS:,} letters. The schema of the graph:"
    )
    st.code(_GRAPH, language="cypher")
    key = f"own answer {scene.network.name}"
    if asked:
        _put_into_address(text)
        with st.spinner("Asking …"):
            st.session_state[key] = (text, _ask(scene, text))
    answered, found = st.session_state.get(key, ("", None))
    if answered == text:
        _show_answer(scene, found, "answer")
        if isinstance(found, Answer):
            show_saving(text, found.columns)


def _take_from_address() -> None:
    """Put a text that is new in the address into the box. It is not run: links come from anybody."""
    text = selected("cypher")
    if _BOX not in st.session_state or text != st.session_state.get(_TAKEN):
        st.session_state[_BOX] = text or st.session_state.get(_BOX, FIRST)
        st.session_state[_TAKEN] = text


def _put_into_address(text: str) -> None:
    short = text if 0 < len(text) <= _IN_ADDRESS else None
    st.session_state[_TAKEN] = short
    select(cypher=short)


def _ask(scene: Scene, text: str) -> Answer | str:
    try:
        return ask(scene.database, text, {"network": scene.network.name})
    except SummitGraphError as error:
        return str(error)


def _show_answer(scene: Scene, found: Answer | str | None, name: str) -> None:
    if found is None:
        return
    if isinstance(found, str):
        st.warning(plain(found))
        return
    if not found.rows:
        st.caption("No results.")
        return
    number = counted(len(found.rows), "row", "rows")
    st.caption(f"The first {number}" if found.more else number)
    _show_pictures(scene, found, name)
    rows = [dict(zip(found.columns, map(_shown, row), strict=True)) for row in found.rows]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="")
    with st.container(horizontal=True):
        show_downloads(f"{scene.network.name}-{name}", rows=rows)


def _show_pictures(scene: Scene, found: Answer, name: str) -> None:
    """Show the channels in an answer as pictures."""
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    network, layers = scene.network.name, scene.layers
    named = [channel for row in rows for channel in channels_in(row, network, layers)]
    every = list(dict.fromkeys(named))
    channels = every[:PICTURES]
    if not channels:
        return
    if len(every) > PICTURES:
        st.caption(f"The first {PICTURES} of {len(every):,} channels")
    items = [channel_item(scene.network.name, one) for one in channels]
    content: GalleryContent = {
        "file": None,
        "heading": "",
        "groups": [{"title": None, "hint": None, "items": items, "side": 64, "more": None}],
        "channel_url_prefix": channel_url_prefix(),
    }
    result = show_gallery(content, key=f"pictures of {name}")
    if result.open:
        open_page("channel", channel=str(Channel.parse(result.open)))


def channels_in(row: dict[str, Any], network: str, layers: Sequence[Layer]) -> list[Channel]:
    """The network's channels in a row: as text, in lists, or as layer and index."""
    texts = [part for value in row.values() for part in (value if isinstance(value, list) else [value])]
    layer, index = row.get("layer"), row.get("index", row.get("channel"))
    if isinstance(layer, str) and isinstance(index, int):
        texts.append(f"{layer}/{index}")
    found = (_channel(text, network, layers) for text in texts if isinstance(text, str))
    return [channel for channel in found if channel]


def _channel(text: str, network: str, layers: Sequence[Layer]) -> Channel | None:
    """The channel ``mixed4c/447`` or ``<network>/mixed4c/447``; None if the network has no such channel."""
    try:
        channel = Channel.parse(text.removeprefix(f"{network}/"))
    except SummitGraphError:
        return None
    return None if missing_channel(channel, layers) else channel


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list):
        return ", ".join(str(_shown(one)) for one in value)
    return value
