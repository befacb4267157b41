"""The explorer's first page: the networks in the database and their classes."""

from __future__ import annotations

import streamlit as st

from summit_graph.errors import SummitGraphError
from summit_graph.settings import DatabaseSettings
from summit_graph.store.connection import Database, find_address, open_database
from summit_graph.store.networks import Network, list_networks
from summit_graph.views.classes import list_classes


def show_networks(database: Database) -> None:
    """All networks, or how to make one."""
    networks = list_networks(database)
    if not networks:
        st.info("The database is empty. Load a folder of images: `summit-graph ingest IMAGES`")
    for network in networks:
        show_network(database, network)


def show_network(database: Database, network: Network) -> None:
    """One network: what it is of, and its classes."""
    st.header(network.name)
    st.caption(
        f"model {network.model} · dataset {network.dataset} · "
        f"{network.classes} classes · {network.images} images"
    )
    summaries = [stored.summary for stored in list_classes(database, network.name)]
    rows = [
        {
            "class": summary.name,
            "title": summary.title,
            "images": summary.images,
            "right at top 1": None if summary.top1 is None else summary.top1 / summary.images,
        }
        for summary in summaries
    ]
    st.dataframe(rows, hide_index=True)


def main() -> None:
    """The page, or why it cannot be shown."""
    st.set_page_config(page_title="summit-graph", layout="wide")
    st.title("What an image classifier has learned, class by class")
    try:
        with open_database(find_address(DatabaseSettings())) as database:
            show_networks(database)
    except SummitGraphError as error:
        st.error(str(error))


main()
