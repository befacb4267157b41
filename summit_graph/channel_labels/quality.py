"""How good labels by concepts are: labels from half of the classes predict the other half.

1.  The classes are dealt into two halves, like neighbours in the order of names: relatives are neighbours on
    ImageNet.
2.  Channels are labelled from one half. On the other, the AUC of each label's concept is measured: of a
    class under the concept and another one, how often the former has the larger rate. 0.5 is chance.
3.  The same with the labels of each layer dealt anew among its channels: what a label says that knows the
    layer, but not the channel.

Labels by a single class cannot be tested, because the other half does not have the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints
from summit_graph.channel_labels.combinations import Terms, members_of
from summit_graph.channel_labels.concepts import judge_channels
from summit_graph.channel_labels.hierarchy import Hierarchy, concepts_of
from summit_graph.channel_labels.scores import Bools, mann_whitney
from summit_graph.defaults import SEED
from summit_graph.records import Channel, ClassSummary

#: Draws of channels for the interval.
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Labels tested on classes that they were not made of, from both halves together.

    Attributes:
        labels: number of labels by concepts above several classes.
        tested: those of them whose concept has classes in the other half, but not all of them.
        auc, low, high: mean over the tested labels, and its 95 % interval when channels are drawn again.
        shuffled: the mean with the labels of each layer dealt anew among its channels; NaN for one label.
    """

    labels: int
    tested: int
    auc: float
    low: float
    high: float
    shuffled: float


def hold_out(
    counts: Mapping[str, Ints],
    classes: Sequence[ClassSummary],
    *,
    own: Hierarchy | None = None,
    seed: int = SEED,
) -> HeldOut | None:
    """Test the labels of a network on held-out classes; None if there is nothing to test.

    Args:
        counts, classes, own: as of ``label_by_concepts``.
    """
    concepts = concepts_of(classes, own)
    members = np.array([concept.members for concept in concepts]).reshape(-1, len(classes))
    images = np.array([one.images for one in classes], np.int64)
    rng = np.random.default_rng(seed)
    labels, own_auc, other_auc = 0, [], []
    for start in (0, 1):
        chosen = np.arange(len(classes)) % 2 == start
        terms = _labels_of_half(counts, images, members, chosen)
        labels += len(terms)
        rates = {layer: found[~chosen] / images[~chosen, None] for layer, found in counts.items()}
        own_auc.append(_auc(terms, members[:, ~chosen], rates))
        other_auc.append(_auc(_dealt_anew(terms, rng), members[:, ~chosen], rates))
    found, shuffled = np.concatenate(own_auc), np.concatenate(other_auc)
    if not len(found):
        return None
    means = rng.choice(found, (DRAWS, len(found))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    chance = float(shuffled.mean()) if len(shuffled) else float("nan")
    return HeldOut(labels, len(found), float(found.mean()), low, high, chance)


def _labels_of_half(
    counts: Mapping[str, Ints], images: Ints, members: Bools, chosen: Bools
) -> dict[Channel, Terms]:
    """The concepts of channels that are labelled from some classes; labels by a single class are left out."""
    inside = members[:, chosen].sum(axis=1)
    usable = np.flatnonzero((inside > 0) & (inside < chosen.sum()))
    halved = {layer: found[chosen] for layer, found in counts.items()}
    judged = judge_channels(halved, images[chosen], members[usable][:, chosen], [""] * len(usable))
    terms = {
        channel: tuple((int(usable[at]), sign) for at, sign in one.terms) for channel, one in judged.items()
    }
    several = members.sum(axis=1) > 1
    return {channel: one for channel, one in terms.items() if one and all(several[at] for at, _ in one)}


def _auc(terms: Mapping[Channel, Terms], members: Bools, rates: Mapping[str, Floats]) -> Floats:
    """The AUC of each channel's concept on other classes, where some but not all are under it."""
    found = []
    for channel, one in terms.items():
        inside = members_of(one, members)
        own_rates = rates[channel.layer][:, [channel.index]]
        if 0 < inside.sum() < len(inside) and own_rates.any():
            found.append(mann_whitney(own_rates, inside[None])[0][0, 0])
    return np.array(found)


def _dealt_anew(terms: Mapping[Channel, Terms], rng: np.random.Generator) -> dict[Channel, Terms]:
    """The concepts of each layer in another order; a layer with one label is left out."""
    layers: dict[str, list[Channel]] = {}
    for channel in terms:
        layers.setdefault(channel.layer, []).append(channel)
    return {
        channel: terms[channels[at]]
        for channels in layers.values()
        if len(channels) > 1
        for channel, at in zip(channels, rng.permutation(len(channels)), strict=True)
    }
