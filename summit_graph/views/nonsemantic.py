"""Channels that may be non-semantic, with the evidence (paper 7.4): candidates for exclusion.

1. *everywhere*: among the top channels of most images in nearly every class, and so specific to none.
   This is weak evidence: all classes may be animals, or there may be few classes.
2. *frame*: active in most images, and nearly always with the maximum on the border of its map, where
   convolutions read zero padding. A channel that responds to image content has its maximum there in 14 %
   (28x28 maps) to 49 % (7x7) of images. Counted over all images while examples are gathered
   (``pictures.read_rims``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from summit_graph.pictures.index import read_rims
from summit_graph.records import Channel, by_position
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network, find_network
from summit_graph.store.queries import find_query
from summit_graph.views.graphs import read_layers
from summit_graph.views.pictures import example_owner
from summit_graph.views.questions import run_question

#: A channel with the maximum on the border in this share of its images responds to padding.
AT_RIM = 0.95
#: A channel active in a smaller share of all images depends on their content.
ACTIVE = 0.5
#: With fewer images or classes there is no evidence.
LEAST_IMAGES, LEAST_CLASSES = 20, 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel and the evidence that it may be non-semantic; at least one of the two is given.

    Attributes:
        everywhere: classes in most of whose images it is a top channel; the share of all images in which it
            is; the least share over classes. None if it is not a top channel of nearly all classes.
        frame: images in which it is active, and those of them with the maximum on the border; or None.
    """

    channel: Channel
    everywhere: tuple[int, float, float] | None
    frame: tuple[int, int] | None


@dataclass(frozen=True)
class Candidates:
    """Candidates found in a network.

    Attributes:
        candidates: those with both kinds of evidence first, then by layer and index.
        to_exclude: the candidates and the channels that are excluded already, by layer and index.
        classes: number of classes of the network.
        looked_at_rims: whether examples were gathered; without them there is no evidence on borders.
    """

    network: str
    candidates: tuple[Candidate, ...]
    to_exclude: tuple[Channel, ...]
    classes: int
    looked_at_rims: bool


def find_candidates(database: Database, network: str | None) -> Candidates:
    """The non-semantic candidates of a network.

    Raises:
        SummitGraphError: the network was imported without counts.
    """
    found = find_network(database, network)
    everywhere = _everywhere(database, found.name)
    rims = _rims(database, found)
    images = max((active for active, _ in rims.values()), default=0)  # some channel is active in every image
    frame = {channel: seen for channel, seen in rims.items() if fires_on_frame(*seen, images=images)}
    excluded = found.parameters.excluded if found.parameters else ()
    channels = (everywhere.keys() | frame.keys()) - set(excluded)
    ordered = _ordered(database, found.name, {*channels, *excluded})
    candidates = [Candidate(one, everywhere.get(one), frame.get(one)) for one in ordered if one in channels]
    candidates.sort(key=lambda one: None in (one.everywhere, one.frame))
    return Candidates(found.name, tuple(candidates), tuple(ordered), found.classes, bool(rims))


def _ordered(database: Database, network: str, channels: Iterable[Channel]) -> list[Channel]:
    """The channels by layer and index; rims may be known of layers that the network lacks."""
    layers = [layer.name for layer in read_layers(database, network)]
    return sorted((one for one in channels if one.layer in layers), key=by_position(layers))


def _rims(database: Database, network: Network) -> dict[Channel, tuple[int, int]]:
    if not network.model_key:
        return {}
    return read_rims(network.model_key, owner=example_owner(database, network))


def fires_on_frame(active: int, at_rim: int, *, images: int) -> bool:
    """Whether a channel responds to zero padding instead of image content."""
    return active >= max(LEAST_IMAGES, ACTIVE * images) and at_rim >= AT_RIM * active


def _everywhere(database: Database, network: str) -> dict[Channel, tuple[int, float, float]]:
    _, rows = run_question(database, find_query("everywhere_channels"), {}, network=network)
    return {Channel.parse(name): (classes, share, least) for name, classes, share, least, _ in rows}
