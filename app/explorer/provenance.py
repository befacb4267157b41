"""What downloads are made from: the network that the page shows."""

from __future__ import annotations

import streamlit as st

from summit_graph.views.opening import Network

_KEY = "provenance"


def remember_provenance(network: Network) -> None:
    """Remember what files and pictures of the shown network are made from."""
    st.session_state[_KEY] = network.provenance


def shown_provenance() -> dict[str, str]:
    """Network, model, weights, measure and the version of this program, as far as they are known."""
    return dict(st.session_state.get(_KEY, {}))
