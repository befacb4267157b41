"""The URL is the only selection state, so that links, Back and a second tab agree."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import streamlit as st

#: Keys of the session state.
_SHOWN, _SENT = "shown network", "sent address"
Values = Mapping[str, str | Sequence[str] | None]


def selected(name: str) -> str | None:
    """The last value of a parameter, or None."""
    return st.query_params.get(name) or None


def selected_all(name: str) -> list[str]:
    """All values of a parameter, without repetition."""
    return list(dict.fromkeys(value for value in st.query_params.get_all(name) if value))


def place() -> str:
    """The network and the classes of the URL as one text."""
    return json.dumps([selected("network"), selected_all("class")])


def select(**values: str | Sequence[str] | None) -> None:
    """Change parameters of the URL (``class_`` means class); None removes one.

    All change in one step, so that Back never shows an intermediate URL. The URL is also sent if the browser
    already has it but the last URL that was sent differs: that one may still be on its way to the browser.
    """
    before = {key: st.query_params.get_all(key) for key in st.query_params}
    after = before | {key: [] if value is None else _texts(value) for key, value in _named(values).items()}
    after = {key: texts for key, texts in after.items() if texts}
    if after != before or after != st.session_state.get(_SENT, before):
        st.query_params.from_dict(after)
        st.session_state[_SENT] = after


def link(**values: str | Sequence[str] | None) -> list[tuple[str, str]]:
    """The URL parameters for another page: the current network, classes and group, and the given ones.

    The network is always included: the default network changes when another one is added.
    """
    network = shown_network()
    wanted = {"network": [network] if network else [], "class": selected_all("class")}
    wanted |= {name: selected_all(name) for name in ("group", "members")}
    for key, value in _named(values).items():
        wanted[key] = [] if value is None else _texts(value)
    return [(key, text) for key, texts in wanted.items() for text in texts]


def shown_network() -> str:
    """The network in the URL, else the one shown before; empty at first."""
    return selected("network") or st.session_state.get(_SHOWN, "")


def remember_network(name: str) -> None:
    """Remember the network that is shown."""
    st.session_state[_SHOWN] = name


def plain(text: object) -> str:
    """Escape text for Markdown: names come from folders and URLs."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=\"'])", r"\\\1", str(text)).replace("\n", " ")


def _named(values: Values) -> dict[str, str | Sequence[str] | None]:
    return {key.removesuffix("_"): value for key, value in values.items()}


def _texts(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
