"""Labels of channels from concepts, and the choice between sources."""

from __future__ import annotations

from summit_graph.channel_labels.choosing import choose_labels
from summit_graph.records import Alternative, Channel, ChannelLabel

CHANNEL = Channel("mixed4c", 3)
DOG = ChannelLabel("dog", 0.9, "concepts", (Alternative("animal", 0.8, "concepts"),))
UNSURE = ChannelLabel(None, 0.61, "concepts", (Alternative("dog", 0.61, "concepts"),))
STRIPES = ChannelLabel("stripes", 0.7, "appearance")


def test_the_first_source_with_a_text_labels_a_channel() -> None:
    """The order of sources decides, not the score (kind: scores of different measures are compared)."""
    louder = ChannelLabel("stripes", 0.99, "appearance")
    assert choose_labels([{CHANNEL: DOG}, {CHANNEL: louder}])[CHANNEL].text == "dog"
    assert choose_labels([{CHANNEL: UNSURE}, {CHANNEL: STRIPES}])[CHANNEL].text == "stripes"


def test_what_other_sources_say_becomes_alternatives() -> None:
    """After the label's own alternatives, with score and source."""
    found = choose_labels([{CHANNEL: UNSURE}, {CHANNEL: DOG}, {CHANNEL: STRIPES}])[CHANNEL]
    assert (found.text, found.score) == ("dog", 0.9)
    assert found.alternatives == (
        Alternative("animal", 0.8, "concepts"),
        Alternative("dog", 0.61, "concepts"),
        Alternative("stripes", 0.7, "appearance"),
    )


def test_a_channel_of_one_source_keeps_its_label() -> None:
    """A source may lack channels (kind: only what all sources know is kept)."""
    other = Channel("mixed3a", 0)
    assert choose_labels([{CHANNEL: UNSURE}, {other: STRIPES}]) == {CHANNEL: UNSURE, other: STRIPES}


def test_a_channel_without_a_good_text_says_what_was_tried() -> None:
    """Never a guess."""
    assert UNSURE.shown == "no concept (best: dog, AUC 0.61)"
    assert ChannelLabel(None, 0, "appearance").shown == "no label"
    assert DOG.shown == "dog"
