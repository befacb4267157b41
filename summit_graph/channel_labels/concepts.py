"""Labels from concepts: which classes a channel fires for, in one word or a few.

After INVERT (Bykov et al., NeurIPS 2023), with counts over classes in place of activations over images:

1.  Concepts are the synsets above some classes, and the classes themselves (``hierarchy``).
2.  Every concept is tested for every channel (``scores``).
3.  The best concept of a channel explains most of the variance of its rates. A too general concept has
    classes with low rates, a too special one leaves out classes with high rates: both explain less.
4.  Combinations (``A or B``, ``A, not C``) where they explain clearly more (``combinations``); the best one
    of a channel is one more test.
5.  A label is a discovery (Benjamini-Hochberg over all tests) with a large AUC and explained share; else the
    channel has none.
6.  Where a channel's examples are known, the concept must be more frequent among them than among all images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints, false_discovery_rates
from summit_graph.channel_labels.combinations import Combination, Terms, combine, members_of
from summit_graph.channel_labels.hierarchy import Hierarchy, concepts_of
from summit_graph.channel_labels.scores import Bools, concept_p, explained_share, mann_whitney
from summit_graph.records import Alternative, Channel, ChannelLabel, ClassSummary

#: False discovery rate over all tests.
FALSE_DISCOVERY_RATE = 0.05
#: What a label needs at least.
LEAST_AUC, LEAST_EXPLAINED = 0.8, 0.5
#: Further concepts that are kept as alternatives.
ALTERNATIVES = 3
#: Fewer examples are no evidence.
LEAST_EXAMPLES = 5


@dataclass(frozen=True)
class Evidence:
    """What is known about the concepts for the channels of one layer.

    Attributes:
        auc, p, explained: float32 (concepts, channels).
        combined: the best combination by channel, where there is one.
    """

    auc: Floats
    p: Floats
    explained: Floats
    combined: Mapping[int, Combination]


@dataclass(frozen=True)
class Judged:
    """A channel's label, and the terms of its concept as in ``Combination``; none without a text."""

    label: ChannelLabel
    terms: Terms = ()


def label_by_concepts(
    counts: Mapping[str, Ints],
    classes: Sequence[ClassSummary],
    *,
    own: Hierarchy | None = None,
    examples: Mapping[Channel, Sequence[str]] | None = None,
) -> dict[Channel, ChannelLabel]:
    """The labels of all channels that are a top channel of some image.

    Args:
        counts: layer -> int64 (classes, channels), images in which a channel is a top channel.
        classes: in the order of the rows; at least one image each.
        own: concepts that the user gives.
        examples: the names of the classes of a channel's examples.
    """
    concepts = concepts_of(classes, own)
    members = np.array([concept.members for concept in concepts])
    images = np.array([one.images for one in classes], np.int64)
    vote = _Vote(classes, examples or {})
    found = judge_channels(counts, images, members, [concept.names[0] for concept in concepts])
    return {
        channel: vote.check(channel, judged.label, members_of(judged.terms, members))
        for channel, judged in found.items()
    }


def judge_channels(
    counts: Mapping[str, Ints], images: Ints, members: Bools, names: Sequence[str]
) -> dict[Channel, Judged]:
    """The labels and concepts of all channels that are a top channel of some image.

    Args:
        counts: as of ``label_by_concepts``.
        images: int64 (classes,), at least 1.
        members: bool (concepts, classes): some, but not all classes under each concept.
        names: of the concepts.
    """
    if not len(members):
        return {}
    evidence = {layer: _test(of_layer, images, members) for layer, of_layer in counts.items()}
    cut = _largest_discovery(list(evidence.values()))
    return {
        Channel(layer, index): _judge(names, tested, index, cut)
        for layer, tested in evidence.items()
        for index in np.flatnonzero(counts[layer].any(axis=0)).tolist()
    }


def _test(counts: Ints, images: Ints, members: Bools) -> Evidence:
    rates = counts / images[:, None]
    auc, over_classes = mann_whitney(rates, members)
    p = concept_p(counts, images, members, over_classes)
    explained = explained_share(rates, members)
    combined = combine(rates, members, explained, p)
    return Evidence(auc.astype(np.float32), p.astype(np.float32), explained.astype(np.float32), combined)


def _largest_discovery(evidence: Sequence[Evidence]) -> float:
    """The largest p that is a discovery at the false discovery rate; -1 if there is none."""
    of_combinations = [combination.p for one in evidence for combination in one.combined.values()]
    near = [one.p[one.p <= FALSE_DISCOVERY_RATE] for one in evidence]  # q is never below p
    p = np.concatenate([*near, of_combinations]).astype(float)
    if not len(p):
        return -1.0
    q = false_discovery_rates(p, tests=sum(one.p.size for one in evidence) + len(of_combinations))
    return float(p[q <= FALSE_DISCOVERY_RATE].max(initial=-1.0))


def _judge(names: Sequence[str], tested: Evidence, channel: int, cut: float) -> Judged:
    auc, p = tested.auc[:, channel], tested.p[:, channel]
    order = np.argsort(-tested.explained[:, channel], kind="stable").tolist()
    combination = tested.combined.get(channel)
    if combination and _is_proven(combination, p, cut):
        text = combination.text(names)
        return Judged(_with_others(text, combination.auc, names, auc, order), combination.terms)
    best = next((at for at in order if p[at] <= cut), None)
    if best is not None and _is_good(auc[best], tested.explained[best, channel]):
        order.remove(best)
        return Judged(_with_others(names[best], auc[best], names, auc, order), ((best, 1),))
    return Judged(_with_others(None, auc[order[0]], names, auc, order))


def _with_others(
    text: str | None, score: float, names: Sequence[str], auc: Floats, order: Sequence[int]
) -> ChannelLabel:
    """A label whose alternatives are the first concepts of ``order``."""
    others = (Alternative(names[at], _rounded(auc[at]), "concepts") for at in order[:ALTERNATIVES])
    return ChannelLabel(text, _rounded(score), "concepts", tuple(others))


def _is_proven(combination: Combination, p: Floats, cut: float) -> bool:
    terms = [at for at, _ in combination.terms]
    discovered = combination.p <= cut and (combination.halves_tell or bool((p[terms] <= cut).all()))
    return discovered and _is_good(combination.auc, combination.explained)


def _is_good(auc: float, explained: float) -> bool:
    return auc >= LEAST_AUC and explained >= LEAST_EXPLAINED


def _rounded(score: float) -> float:
    return round(float(score), 4)


class _Vote:
    """Whether the classes of a channel's examples agree with its label."""

    def __init__(self, classes: Sequence[ClassSummary], examples: Mapping[Channel, Sequence[str]]) -> None:
        self._rows = {one.name: row for row, one in enumerate(classes)}
        self._images = np.array([one.images for one in classes])
        self._examples = examples

    def check(self, channel: Channel, label: ChannelLabel, members: Bools) -> ChannelLabel:
        """The label; without its text if the concept is no more frequent among the examples."""
        rows = [self._rows[name] for name in self._examples.get(channel, ()) if name in self._rows]
        if label.text is None or len(rows) < LEAST_EXAMPLES:
            return label
        if members[rows].mean() > self._images[members].sum() / self._images.sum():
            return label
        doubted = Alternative(label.text, label.score, label.source)
        return ChannelLabel(None, label.score, label.source, (doubted, *label.alternatives))
