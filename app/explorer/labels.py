"""The labels of a network's channels, read once a minute: labelling does not change the network's version."""

from __future__ import annotations

import streamlit as st

from explorer.database import KEPT_SECONDS, opened
from summit_graph.records import Channel, ChannelLabel
from summit_graph.views.channel_labels import read_labels


@st.cache_resource(max_entries=4, ttl=KEPT_SECONDS, show_spinner=False)
def labels_of(network: str) -> dict[Channel, ChannelLabel]:
    """Of the channels that are labelled."""
    return read_labels(opened().database, network)


def label_text(network: str, channel: Channel) -> str | None:
    """The label of a channel; None if no text describes it well, or it is not labelled."""
    label = labels_of(network).get(channel)
    return label.text if label else None
