"""The explorer's entry point: header, the page of the URL, and error messages."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from explorer.address import plain, select, selected
from explorer.components import ASSETS
from explorer.database import forget, is_open, may_return, opened, require_answer
from explorer.frame import (
    EVERY_SECONDS,
    PAGES,
    TITLES,
    say_live_demo,
    say_no_classes,
    show_header,
    watch,
)
from explorer.pages import ask, channel, compare, find, graph, group, motifs, overview
from explorer.scene import Scene, read_scene

from summit_graph.errors import DatabaseError, SilentDatabaseError, SummitGraphError
from summit_graph.views.opening import OpenDatabase

SHOW: dict[str, Callable[[Scene], None]] = {
    "": overview.show,
    "graph": graph.show,
    "channel": channel.show,
    "compare": compare.show,
    "group": group.show,
    "motifs": motifs.show,
    "find": find.show,
    "ask": ask.show,
}


def main() -> None:
    """Draw the page once."""
    st.set_page_config(page_title="Summit graph", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    for address, (title, _) in TITLES.items():
        PAGES[address] = st.Page(
            _nothing(address), title=title, url_path=address or None, default=not address
        )
    current = st.navigation(list(PAGES.values()), position="hidden")
    found, was_open = None, is_open()
    try:
        found = _open()
        require_answer()
        with found.plain_errors():
            _show(current.url_path)
    except SilentDatabaseError as error:
        _say_no_database(error)
    except DatabaseError as error:
        if found is not None:
            forget(found)
            if was_open:
                st.rerun()  # connects again, which starts a local database that has ended
        _say_no_database(error)
    except SummitGraphError as error:
        _say_unknown(error)


def _show(address: str) -> None:
    try:
        scene = read_scene()
    except SummitGraphError:
        show_header(None, address)
        raise
    st.set_page_config(page_title=_tab_title(scene, address))
    show_header(scene, address)
    watch(scene.network.name if scene else None, scene.version if scene else None)
    if scene is None:
        _say_empty()
    elif not scene.classes and address != "ask":
        say_no_classes(scene)
    else:
        SHOW[address](scene)


def _tab_title(scene: Scene | None, address: str) -> str:
    """What the page shows, for the browser's tab and history."""
    parts = [TITLES[address][0], "Summit graph"]
    if scene is not None and address in ("graph", "compare") and scene.chosen:
        shown = scene.chosen[:1] if address == "graph" else scene.chosen
        parts.insert(0, ", ".join(scene.summary(name).title for name in shown))
    if address == "channel" and (channel := selected("channel")):
        parts.insert(0, channel)
    named = {"group": "group", "find": "q"}
    if address in named and (name := selected(named[address])):
        parts.insert(0, name)
    return " · ".join(parts)


def _open() -> OpenDatabase:
    if is_open():
        return opened()
    with st.spinner("Opening the database …"):
        return opened()


def _say_no_database(error: DatabaseError) -> None:
    st.error(f"Database error: {plain(error)}")
    st.markdown(
        "`summit-graph db start` starts the local database, `summit-graph doctor` finds the cause. "
        "For another database set `NEO4J_URI`, `NEO4J_USERNAME` and `NEO4J_PASSWORD` and run "
        "`summit-graph explore` again."
    )
    st.button("Try again")
    if may_return():
        _await_answer()


@st.fragment(run_every=EVERY_SECONDS)
def _await_answer() -> None:
    """Draws the page again as soon as the database answers."""
    try:
        require_answer()
    except DatabaseError:
        return
    st.rerun()


def _say_empty() -> None:
    st.info("The database is empty. Load a folder of images, one subfolder per class:")
    st.code("summit-graph ingest IMAGES", language="bash")
    st.caption("Or open the bundled example: `summit-graph demo`. Classes appear here when they are written.")
    say_live_demo()


def _say_unknown(error: SummitGraphError) -> None:
    st.warning(plain(error))
    st.button("Clear selection", on_click=_clear)


def _clear() -> None:
    select(class_=None, network=None, channel=None, layer=None, group=None, members=None)


def _nothing(address: str) -> Callable[[], None]:
    """Streamlit requires a function per page; ``_show`` draws the page, so that errors are handled once."""

    def page() -> None:
        """Draws nothing."""

    page.__name__ = f"page_{address or 'overview'}"
    return page


main()
