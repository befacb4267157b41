"""What is selected stands in the address and nowhere else, so that links, Back and a second tab agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

#: The parameters of all pages (SPEC 8), in the order in which they stand in an address.
NAMES = ("network", "class", "channel", "layer")
Values = Mapping[str, str | Sequence[str] | None]


def selected(name: str) -> str | None:
    """The last value of a parameter, or None."""
    return st.query_params.get(name) or None


def selected_all(name: str) -> list[str]:
    """All values of a parameter, without repetition."""
    return list(dict.fromkeys(value for value in st.query_params.get_all(name) if value))


def select(**values: str | Sequence[str] | None) -> None:
    """Change parameters of the address (``class_`` stands for class); None takes one out."""
    for key, value in _named(values).items():
        if value is None:
            st.query_params.pop(key, None)
        elif st.query_params.get_all(key) != _texts(value):
            st.query_params[key] = _texts(value)


def link(**values: str | Sequence[str] | None) -> list[tuple[str, str]]:
    """The parameters of an address for another page: this one's network and classes, and the given ones."""
    wanted: dict[str, list[str]] = {name: selected_all(name) for name in ("network", "class")}
    for key, value in _named(values).items():
        wanted[key] = [] if value is None else _texts(value)
    return [(key, text) for key, texts in wanted.items() for text in texts]


def plain(text: object) -> str:
    """A text that Markdown shows as it is: names come from folders and addresses."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=\"'])", r"\\\1", str(text)).replace("\n", " ")


def _named(values: Values) -> dict[str, str | Sequence[str] | None]:
    return {key.removesuffix("_"): value for key, value in values.items()}


def _texts(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
