"""A group of classes in the URL: ``group`` is its name, ``members`` its classes.

Members are class names separated by commas; names with commas are in double quotes. A longer text is
compressed with zlib, encoded as URL-safe base64, and starts with ``~``: servers refuse URLs above 8 KB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.address import plain, select, selected
from explorer.database import opened
from explorer.scene import Scene
from summit_graph.display.wording import counted
from summit_graph.errors import UsageError
from summit_graph.formats.packed import pack, unpack
from summit_graph.names import join_list, split_list
from summit_graph.ranking.communities import find_communities

#: The longest text that stays readable, and the longest one that is unpacked.
MOST_PLAIN, MOST_UNPACKED = 1000, 1_000_000
#: Classes that a community is named after.
NAMED = 3
#: The first sign of a compressed text.
_PACKED = "~"


@dataclass(frozen=True, slots=True)
class Group:
    """Classes of the network, in its order, under a name."""

    name: str
    members: tuple[str, ...]


def read_group(scene: Scene) -> Group | None:
    """The group of the URL, None if it names no class of the network; unknown names are reported."""
    text = selected("members")
    if text is None:
        return None
    names = set(names_in(text))
    members = tuple(one.name for one in scene.classes if one.name in names)
    if unknown := sorted(names - set(members)):
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        st.caption(f"Network {plain(scene.network.name)} has no class {plain(unknown[0])}{more}.")
    return Group(selected("group") or default_name(members), members) if members else None


def select_group(scene: Scene, names: Sequence[str], title: str = "") -> None:
    """Put a group into the URL; an empty one removes it."""
    wanted = set(names)
    members = [one.name for one in scene.classes if one.name in wanted]
    select(group=(title or default_name(members)) if members else None, members=text_of(members) or None)


def default_name(members: Sequence[str]) -> str:
    """The name of a group that has none."""
    return counted(len(members), "class", "classes")


def text_of(members: Sequence[str]) -> str:
    """The classes as a parameter of the URL."""
    text = join_list(members)
    if len(text) <= MOST_PLAIN and not text.startswith(_PACKED):
        return text
    return _PACKED + pack(text.encode())


def names_in(text: str) -> list[str]:
    """The class names of the parameter.

    Raises:
        UsageError: the text is damaged.
    """
    if not text.startswith(_PACKED):
        return split_list(text)
    try:
        return split_list(unpack(text.removeprefix(_PACKED), most=MOST_UNPACKED).decode())
    except ValueError:
        raise UsageError("the group in the URL is damaged: copy the whole link, or choose it again") from None


@st.cache_data(max_entries=8, show_spinner="Finding communities of similar classes …")
def communities_of(network: str, version: str) -> list[list[str]]:
    """The communities of the network's classes, the largest first.

    Raises:
        DatabaseError: the server has no Graph Data Science plugin.
    """
    return find_communities(opened().database, network)


def community_title(scene: Scene, names: Sequence[str]) -> str:
    """The first classes of a community."""
    titles = ", ".join(scene.summary(name).title for name in names[:NAMED])
    return f"{titles} …" if len(names) > NAMED else titles
