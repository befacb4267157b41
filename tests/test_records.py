"""Layers and channels of any network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_graph.errors import UsageError
from summit_graph.records import Channel, Layer, by_position, missing_channel

LAYERS = [Layer(name, 8, position=at) for at, name in enumerate(("stem", "layer1.10", "layer1.9", "a/b:2"))]


@given(st.text(min_size=1), st.integers(0, 10**8))
def test_a_channel_of_any_layer_is_read_back(layer: str, index: int) -> None:
    """Kind: names split at separators. A layer's name may have dots, colons, slashes; the index is last."""
    assert Channel.parse(str(Channel(layer, index))) == Channel(layer, index)


@pytest.mark.parametrize(
    "text", ["mixed4c", "mixed4c/", "/7", "mixed4c/07", "mixed4c/-1", "mixed4c/x", "mixed4c/²"]
)
def test_what_has_no_index_is_no_channel(text: str) -> None:
    """The error shows how a channel is written."""
    with pytest.raises(UsageError, match=r"write <layer>/<index>, like mixed4c/447"):
        Channel.parse(text)


def test_channels_are_sorted_by_position_then_index() -> None:
    """Kind: order by name instead of position."""
    texts = ["stem/2", "stem/10", "layer1.10/3", "layer1.9/0", "a/b:2/7"]
    key = by_position([layer.name for layer in LAYERS])
    assert [str(one) for one in sorted(map(Channel.parse, reversed(texts)), key=key)] == texts


def test_channels_have_no_order_of_their_own() -> None:
    """Kind: order by name instead of position. Sorting without a network's layers fails."""
    with pytest.raises(TypeError):
        sorted([Channel("stem", 1), Channel("layer1.9", 1)])  # type: ignore[type-var]  # the error is the point


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a/b:2/7", None),
        ("a/b:2/8", "a/b:2 has 8 channels"),
        ("mixed4c/0", "there is no layer 'mixed4c', only stem, layer1.10, layer1.9, a/b:2"),
    ],
)
def test_a_channel_that_a_network_lacks_is_explained(text: str, reason: str | None) -> None:
    """The reason lists the layers, or gives the layer's width."""
    assert missing_channel(Channel.parse(text), LAYERS) == reason
