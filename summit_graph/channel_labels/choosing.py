"""One label for each channel from the labels of several sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from summit_graph.records import Alternative, Channel, ChannelLabel


def choose_labels(sources: Sequence[Mapping[Channel, ChannelLabel]]) -> dict[Channel, ChannelLabel]:
    """For each channel the label of the first source that has a text; the others become alternatives.

    Args:
        sources: the labels of each source, the preferred source first; a source may lack channels.

    Returns:
        The labels of all channels that any source has, in the order in which they appear.
    """
    channels = dict.fromkeys(channel for labels in sources for channel in labels)
    return {
        channel: _choose([labels[channel] for labels in sources if channel in labels]) for channel in channels
    }


def _choose(found: Sequence[ChannelLabel]) -> ChannelLabel:
    """The first label with a text, or the first; the others' texts follow its own alternatives."""
    chosen = next((label for label in found if label.text is not None), found[0])
    others = [label for label in found if label is not chosen]
    alternatives = [*chosen.alternatives, *(one for label in others for one in _texts(label))]
    return ChannelLabel(chosen.text, chosen.score, chosen.source, tuple(alternatives))


def _texts(label: ChannelLabel) -> list[Alternative]:
    own = [] if label.text is None else [Alternative(label.text, label.score, label.source)]
    return [*own, *label.alternatives]
