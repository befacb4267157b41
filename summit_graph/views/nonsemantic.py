"""Channels that may stand for nothing in the images, with the evidence (paper 7.4): candidates to exclude.

1. *everywhere*: among the top channels of most images in nearly every class, so of no class in particular.
   That is no fault by itself (all classes may be animals), and says little where there are few classes.
2. *frame*: active in most images, and nearly always most so at the rim of its map, where convolutions see the
   zeros around the image. A channel that looks at what is in the images is largest there in 14 % (28x28 maps)
   to 49 % (7x7) of them. Counted over all images while examples were gathered (``pictures.read_rims``).
"""

from __future__ import annotations

from dataclasses import dataclass

from summit_graph.pictures.index import read_rims
from summit_graph.records import Channel
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.queries import find_query
from summit_graph.views.questions import run_question

#: Where a channel fires at the rim in this share of its images, the frame is what it sees.
AT_RIM = 0.95
#: A channel that is active in fewer of all images than this depends on what is in them.
ACTIVE = 0.5
#: Fewer images or classes are no evidence.
LEAST_IMAGES, LEAST_CLASSES = 20, 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel and why it may be non-semantic; at least one of the two is there.

    Attributes:
        everywhere: classes in most of whose images it is a top channel; the share of all images in which it
            is; the least share over classes. None where these are not nearly all classes.
        frame: images in which it is active, and those of them in which it is so most at the rim; or None.
    """

    channel: Channel
    everywhere: tuple[int, float, float] | None
    frame: tuple[int, int] | None


@dataclass(frozen=True)
class Candidates:
    """What was found for a network.

    Attributes:
        candidates: both kinds of evidence first, then by layer and index; none that is excluded already.
        excluded: channels that are.
        classes: of the network.
        looked_at_rims: whether examples were gathered, without which nothing is known of frames.
    """

    network: str
    candidates: tuple[Candidate, ...]
    excluded: tuple[Channel, ...]
    classes: int
    looked_at_rims: bool


def find_candidates(database: Database, network: str | None) -> Candidates:
    """The non-semantic candidates of a network.

    Raises:
        SummitGraphError: the network was imported without counts.
    """
    found = find_network(database, network)
    everywhere = _everywhere(database, found.name)
    rims = read_rims(found.weights_sha256, dataset=found.dataset) if found.weights_sha256 else {}
    images = max((active for active, _ in rims.values()), default=0)  # some channel is active in every one
    frame = {channel: seen for channel, seen in rims.items() if fires_on_frame(*seen, images=images)}
    excluded = found.parameters.excluded if found.parameters else ()
    channels = (everywhere.keys() | frame.keys()) - set(excluded)
    candidates = [Candidate(one, everywhere.get(one), frame.get(one)) for one in sorted(channels)]
    candidates.sort(key=lambda one: None in (one.everywhere, one.frame))
    return Candidates(found.name, tuple(candidates), excluded, found.classes, bool(rims))


def fires_on_frame(active: int, at_rim: int, *, images: int) -> bool:
    """Whether a channel that is active in so many images sees the frame and not what is in it."""
    return active >= max(LEAST_IMAGES, ACTIVE * images) and at_rim >= AT_RIM * active


def _everywhere(database: Database, network: str) -> dict[Channel, tuple[int, float, float]]:
    _, rows = run_question(database, find_query("everywhere_channels"), {}, network=network)
    return {Channel.parse(name): (classes, share, least) for name, classes, share, least in rows}
