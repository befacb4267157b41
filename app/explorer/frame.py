"""The parts of all pages: navigation, choice of network and class, messages for missing data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from explorer.address import link, plain, select, selected, selected_all
from explorer.class_choice import choose_class
from explorer.database import opened, require_answer
from explorer.scene import Scene
from summit_graph.errors import SummitGraphError
from summit_graph.pictures.index import Pictures
from summit_graph.views.advice import examples_command, ingest_command, live_demo_command, render_command
from summit_graph.views.opening import list_networks
from summit_graph.views.state import NetworkState, RunProgress, read_runs, read_state

#: How often a page checks for new classes.
EVERY_SECONDS = 3
#: How many classes are suggested if none is chosen.
SUGGESTED = 8
#: The pages on which a channel stays selected.
WITH_CHANNEL = ("graph", "channel", "compare")
#: What another class's graph does not keep of the URL.
NOT_OF_CLASS: Final = dict.fromkeys(("expand", "subgraph", "open_group"))
#: The pages by URL path, in the header's order; filled by ``main``.
PAGES: Final[dict[str, Page]] = {}
#: URL path -> title and help text.
TITLES = {
    "": ("Overview", "All classes and how similar they are"),
    "graph": ("Graph", "The attribution graph of one class"),
    "channel": ("Channel", "One channel across all classes"),
    "compare": ("Compare", "What several classes share and how they differ"),
    "group": ("Group", "The channels and motifs that are typical of several classes"),
    "motifs": ("Motifs", "Structures that recur across classes"),
    "find": ("Find", "Classes and channels by a word"),
    "ask": ("Ask", "Questions to the graph database"),
}
_STYLE = """<style>
.block-container { padding: 1.1rem 2rem 2rem; max-width: 1900px; }
[data-testid="stHeader"] { height: 2.4rem; background: transparent; pointer-events: none; }
[data-testid="stHeader"] * { pointer-events: auto; }
@media (max-width: 560px) { .block-container { padding: 1.1rem .8rem 2rem; } }
h2 { font-size: 1.15rem !important; padding: .2rem 0 !important; }
h3 { font-size: 1.02rem !important; padding: .2rem 0 !important; }
[data-tag] { background-color: #3465a4 !important; }
[data-tag] * { color: #fff !important; }
[data-testid="stCaptionContainer"] { opacity: .8 !important; }
[data-testid^="stBaseButton-primary"] { color: light-dark(#fff, #17191c) !important; }
:is(a, button, summary, canvas, [tabindex]):focus-visible {
  outline: 2px solid light-dark(#3465a4, #8fbcf0) !important;
  outline-offset: -2px;
}
code { color: inherit !important; }
.token.comment, .token.punctuation { color: light-dark(#5a5d61, #a9acaf) !important; }
.token.operator { color: inherit !important; }
.token.variable, .token.property, .token.string, .token.number {
  color: light-dark(#8a4b08, #e0a86a) !important;
}
.token.keyword, .token.class-name, .token.function { color: light-dark(#1f5f9e, #8fbcf0) !important; }
@media (min-width: 800px) and (min-height: 600px) {
  :has(> .st-key-motif_classes) {
    position: sticky; top: .5rem; z-index: 5; background: light-dark(#fdfdfb, #17191c);
  }
}
[data-testid="stProgress"] { margin: -.35rem 0; }
[data-testid="stDownloadButton"] button { min-height: 2.1rem; padding: .15rem .75rem; }
</style>"""


def is_embedded() -> bool:
    """Whether another page shows this one in a frame: Streamlit's parameter ``embed=true``."""
    return bool(st.context.is_embedded)


def show_header(scene: Scene | None, current: str) -> None:
    """Draw the header: title, pages and selection; none where another page embeds this one."""
    st.html(_STYLE)
    if is_embedded():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Summit graph**", width="content")
        for address, (title, help_text) in TITLES.items():
            label = f"**{title}**" if address == current else title
            kept = selected("channel") if address in WITH_CHANNEL else None
            parameters = link(channel=kept, layer=None)
            st.page_link(
                PAGES[address], label=label, help=help_text, width="content", query_params=parameters
            )
        if scene is not None:
            st.space("stretch")
            _show_measure(scene)
            _choose_network(scene)
            if current == "graph":
                _choose_class(scene)


@st.fragment(run_every=EVERY_SECONDS)
def watch(network: str | None, version: str | None) -> None:
    """Show what is being counted and written; redraw the page when the network changes."""
    try:
        state = _read_state(network)
    except SummitGraphError:
        st.rerun()  # the page shows the error
    if version != (state.version if state else None):
        st.rerun()
    for run in state.running if state else read_runs():
        if run.done < run.images:
            st.progress(run.done / run.images, text=_progress_text(run))
        else:
            st.caption(_progress_text(run))
    if state and state.coming:
        st.caption(f"Being written and ranked: {plain(', '.join(state.coming))}")


def _progress_text(run: RunProgress) -> str:
    if run.done < run.images:
        return f"Counting {plain(run.dataset)}: {run.done:,} of {run.images:,} images"
    return f"All {run.images:,} images of {plain(run.dataset)} are counted; the command is still running"


def _read_state(network: str | None) -> NetworkState | None:
    """The state of the network, or of the first network if the database was empty before."""
    require_answer()
    database = opened().database
    with opened().plain_errors():
        if network is None:
            networks = list_networks(database)
            return read_state(database, networks[0].name) if networks else None
        return read_state(database, network)


def open_page(address: str, **values: str | Sequence[str] | None) -> None:
    """Go to another page with changed parameters of the URL; the others stay.

    Streamlit puts the parameters into the URL of the present page first, which is then what Back shows.
    """
    present = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(PAGES[address], query_params=link(**(present | values)))


def say_no_class(scene: Scene) -> None:
    """Ask the user to choose a class."""
    st.info("Choose a class above or in the overview, or start with one of these:")
    suggest(scene, worth_seeing(scene)[:SUGGESTED])


def worth_seeing(scene: Scene) -> list[str]:
    """The classes, those that the model recognizes best first: their graphs are the clearest."""
    shares = {one.name: (one.top1 or 0) / one.images if one.images else 0.0 for one in scene.classes}
    return sorted(shares, key=lambda name: -shares[name])


def suggest(scene: Scene, names: Sequence[str]) -> None:
    """Buttons that add a class (links within a page would not change the URL)."""
    with st.container(horizontal=True):
        for name in names:
            title = plain(scene.summary(name).title)
            st.button(title, key=f"suggest {name}", on_click=_add_class, args=(name,))


def _add_class(name: str) -> None:
    """To the classes of the URL at the time of the click: the page may show buttons of an earlier run."""
    select(class_=[*selected_all("class"), name])


def say_no_motif(scene: Scene, name: str) -> None:
    """Say that the network has no such motif as the URL names."""
    st.warning(f"Network {plain(scene.network.name)} has no motif {plain(name)}.")


def say_no_classes(scene: Scene) -> None:
    """Say how to add classes to an empty network."""
    command = ingest_command(scene.network)
    if command is None:
        st.info(f"Network {plain(scene.network.name)} was imported and has no classes: import it again.")
        return
    st.info(f"Network {plain(scene.network.name)} has no classes. Load images, one folder per class:")
    st.code(command, language="bash")


def say_live_demo() -> None:
    """Say how to see a network counted, where the packages for it are installed."""
    if command := live_demo_command():
        st.caption(
            f"`{command}` shows the whole way on a small network, in about a minute: it counts, loads and "
            "ranks drawn images, and renders pictures of channels."
        )


def what_is_missing(scene: Scene, pictures: Pictures) -> str | None:
    """How to create the pictures that a network lacks; None if it has both kinds."""
    render, examples = render_command(scene.network), examples_command(scene.network)
    if not render or not examples:
        return None if pictures.files else "The imported files contain no pictures of channels."
    missing = []
    if not pictures.files:
        missing.append(f"`{render}` creates feature visualizations of its channels")
    if not pictures.examples:
        missing.append(
            f"`{examples}` finds the top-activating patches of each channel in your images "
            "(`summit-graph ingest` finds them too)"
        )
    return f"Pictures are missing: {'; '.join(missing)}." if missing else None


def show_when_opened(title: str, draw: Callable[[], object], *, key: str) -> None:
    """A section that is closed at first and is drawn when it is opened.

    What a closed section has would delay the page: its code and tables load scripts of Streamlit.
    """
    section = st.expander(title, key=key, on_change="rerun")
    if section.open:
        with section:
            draw()


def _show_measure(scene: Scene) -> None:
    """What the network was counted by."""
    parameters = scene.network.parameters
    if parameters is not None:
        colour = "red" if parameters.is_against else "blue" if parameters.by_relevance else "gray"
        text = f"Counted by {parameters.measure_text}"
        st.markdown(f":{colour}-badge[{parameters.measure}]", help=text, width="content")


def _choose_network(scene: Scene) -> None:
    if len(scene.networks) == 1:
        return
    st.session_state["network"] = scene.network.name
    st.selectbox(
        "Network",
        [network.name for network in scene.networks],
        key="network",
        width=min(420, max(200, 70 + 8 * max(len(network.name) for network in scene.networks))),
        label_visibility="collapsed",
        help="A model, a dataset and its parameters",
        on_change=_go_to_network,
    )


def _go_to_network() -> None:
    others = dict.fromkeys(("class_", "channel", "motif", "group", "members"))
    select(network=st.session_state["network"], **others, **NOT_OF_CLASS)


def _choose_class(scene: Scene) -> None:
    chosen = scene.chosen[0] if scene.chosen else None
    choose_class(
        scene, "Class", chosen, lambda name: select(class_=name, **NOT_OF_CLASS), key="class", width=300
    )
