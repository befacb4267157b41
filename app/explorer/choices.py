"""What the user has chosen in a graph: one message of the component, put into the URL in one step.

1. The component sends all choices with the number of the change, also those that did not change: a message
   may be overtaken by the next one, and the browser's URL may not have the former change yet.
2. ``take_choices`` puts them into the URL and remembers the number.
3. The component's data has the number, so that the component knows what is older than its own state.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import streamlit as st

from explorer.address import place, select
from explorer.channel_groups import groups_to_address
from explorer.subgraphs import subgraph_to_address

#: Key of the session state: the number of the last change.
_ANSWERED = "answered change"
#: The parameters of the URL that highlight channels of a graph, the first one before the others.
HIGHLIGHTS = ("path", "motif")


def answered() -> int:
    """The number of the last change that was taken; 0 before the first."""
    number: int = st.session_state.get(_ANSWERED, 0)
    return number


def take_choices(text: str, known: Collection[str]) -> None:
    """Put the user's choices into the URL, if they were made in its class.

    Args:
        text: JSON of ``Chosen`` in ``choices.js``, with ``change`` and ``place``.
        known: the channels of the graph.
    """
    value = json.loads(text)
    st.session_state[_ANSWERED] = value["change"]
    if value["place"] == place():
        select(**_parameters(value, known))


def _parameters(value: dict[str, Any], known: Collection[str]) -> dict[str, str | list[str] | None]:
    found: dict[str, str | list[str] | None] = {}
    if value["channel"] is None or value["channel"] in known:
        found["channel"] = value["channel"]
    if value["cleared"] in HIGHLIGHTS:
        found[value["cleared"]] = None
    if value["expanded"] is not None:
        found["expand"] = [one for one in value["expanded"] if one in known]
    if value["subgraph"] is not None:
        found |= subgraph_to_address(value["subgraph"])
    if value["groups"] is not None:
        found |= groups_to_address(value["groups"])
    return found
