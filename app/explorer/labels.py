"""The labels of a network's channels."""

from __future__ import annotations

import streamlit as st

from explorer.database import KEPT_SECONDS, opened
from summit_graph.records import Channel, ChannelLabel
from summit_graph.views.channel_labels import read_labels

#: Key of the session state: the version of the network that is shown.
_VERSION = "version of the labels"


def remember_version(version: str) -> None:
    """Remember the version of the network that is shown: it changes when channels are labelled."""
    st.session_state[_VERSION] = version


def labels_of(network: str) -> dict[Channel, ChannelLabel]:
    """Of the channels that are labelled."""
    return _read_labels(network, st.session_state.get(_VERSION, ""))


@st.cache_resource(max_entries=4, ttl=KEPT_SECONDS, show_spinner=False)
def _read_labels(network: str, version: str) -> dict[Channel, ChannelLabel]:
    return read_labels(opened().database, network)


def label_text(network: str, channel: Channel) -> str | None:
    """The label of a channel; None if no text describes it well, or it is not labelled."""
    label = labels_of(network).get(channel)
    return label.text if label else None
