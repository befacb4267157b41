"""Combinations of concepts: ``A or B``, ``A, not C``, of at most three concepts.

A combination is a sum of disjoint concepts minus concepts inside them, so the sum of a channel's rates over
its classes is the sum of the terms' sums, and all combinations are scored without forming them.

A combination is kept only if it explains more than the best single concept by ``MARGIN`` on each half of the
classes. A half without a class of some term says nothing; then every term must be a discovery itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from summit_graph.analysis.statistics import Floats, Ints
from summit_graph.channel_labels.scores import Bools, mann_whitney, share_of_sums

#: By how much more of the variance a combination explains than the best single concept.
MARGIN = 0.1
#: Concepts of a combination.
LONGEST = 3
#: The best single concepts of a channel that combinations start from.
STARTS = 3


#: (number of a concept, +1 or -1) of each term, the largest concepts first.
Terms = tuple[tuple[int, int], ...]


def members_of(terms: Terms, members: Bools) -> Bools:
    """bool (classes,), the classes of a combination.

    Args:
        members: bool (concepts, classes).
    """
    added = np.zeros(members.shape[1], int)
    for at, sign in terms:
        added += sign * members[at].astype(int)
    return added > 0


@dataclass(frozen=True)
class Combination:
    """A combination of concepts for one channel.

    Attributes:
        p: over classes; if all terms are single classes, the largest p of the terms (over images).
        halves_tell: whether both halves of the classes have classes of all terms.
    """

    terms: Terms
    halves_tell: bool
    auc: float
    p: float
    explained: float

    def text(self, names: Sequence[str]) -> str:
        """Such as ``dog or cat, not lion``, from the names of all concepts."""
        added = " or ".join(names[at] for at, sign in self.terms if sign > 0)
        return "".join([added, *(f", not {names[at]}" for at, sign in self.terms if sign < 0)])


def combine(rates: Floats, members: Bools, explained: Floats, p: Floats) -> dict[int, Combination]:
    """The combinations that explain clearly more than single concepts, by the number of the channel.

    Args:
        rates: float64 (classes, channels).
        members: bool (concepts, classes).
        explained, p: (concepts, channels), of the single concepts.
    """
    whole, halves = _Sums(rates, members), [_half(rates, members, start) for start in (0, 1)]
    search = _Search(whole, members, explained)
    most = explained.max(axis=0)
    found: dict[int, Combination] = {}
    for channel in np.flatnonzero((most > 0) & (most + MARGIN <= 1)).tolist():
        terms = search.best_of(channel)
        if terms is None:
            continue
        best = (int(explained[:, channel].argmax()), 1)
        telling = [half for half in halves if all(half.sizes[at] for at, _ in (*terms, best))]
        if all(half.gain(terms, best, channel) >= MARGIN for half in telling):
            halves_tell = len(telling) == len(halves)
            found[channel] = _scored(terms, channel, rates, members, whole, p, halves_tell=halves_tell)
    return found


def _scored(
    terms: Sequence[tuple[int, int]],
    channel: int,
    rates: Floats,
    members: Bools,
    whole: _Sums,
    p: Floats,
    *,
    halves_tell: bool,
) -> Combination:
    chosen = members_of(tuple(terms), members)
    auc, over_classes = mann_whitney(rates[:, [channel]], chosen[None])
    numbers = [at for at, _ in terms]
    over_images = float(p[numbers, channel].max())
    return Combination(
        tuple(terms),
        halves_tell,
        auc=float(auc[0, 0]),
        p=over_images if (whole.sizes[numbers] == 1).all() else float(over_classes[0, 0]),
        explained=whole.explained(terms, channel),
    )


class _Sums:
    """Sums of the centred rates over the classes of each concept."""

    def __init__(self, rates: Floats, members: Bools) -> None:
        centred = rates - rates.mean(axis=0)
        self.sums = members.astype(float) @ centred  # (concepts, channels)
        self.sizes: Ints = members.sum(axis=1)
        self.total = (centred**2).sum(axis=0)
        self.classes = len(rates)

    def explained(self, terms: Sequence[tuple[int, int]], channel: int) -> float:
        """The explained share of a combination; 0 if it has no class, or all."""
        sums = sum(sign * self.sums[at, channel] for at, sign in terms)
        size = sum(sign * self.sizes[at] for at, sign in terms)
        if not 0 < size < self.classes:
            return 0.0
        return float(share_of_sums(np.array(sums), np.array(size), self.classes, self.total[channel]))

    def gain(self, terms: Sequence[tuple[int, int]], best: tuple[int, int], channel: int) -> float:
        """By how much more of the variance a combination explains than the single concept ``best``."""
        return self.explained(terms, channel) - self.explained([best], channel)


def _half(rates: Floats, members: Bools, start: int) -> _Sums:
    """Every other class; related classes have neighbouring names on ImageNet, so that halves are alike."""
    return _Sums(rates[start::2], members[:, start::2])


class _Search:
    """Looks for the best combination of a channel, one term at a time."""

    def __init__(self, whole: _Sums, members: Bools, explained: Floats) -> None:
        common = members.astype(np.float32) @ members.T.astype(np.float32)
        self._disjoint = common == 0
        self._inside = (common == whole.sizes) & (whole.sizes < whole.sizes[:, None])  # [a, c]: c is in a
        self._several = whole.sizes > 1
        self._whole = whole
        self._explained = explained
        self._starts = np.argsort(-explained, axis=0, kind="stable")[:STARTS]

    def best_of(self, channel: int) -> list[tuple[int, int]] | None:
        """The terms of the best combination; None if none beats the best single concept by the margin."""
        goal = float(self._explained[:, channel].max()) + MARGIN
        best: list[tuple[int, int]] | None = None
        grown = [[(int(at), 1)] for at in self._starts[:, channel]]
        for _ in range(LONGEST - 1):
            extended = [self._extend(terms, channel) for terms in grown]
            share, terms = max(extended, key=lambda pair: pair[0])
            if share < goal:
                break
            best, grown, goal = terms, [terms], share + MARGIN
        return best and sorted(best, key=lambda term: (-term[1], -self._whole.sizes[term[0]], term[0]))

    def _extend(self, terms: list[tuple[int, int]], channel: int) -> tuple[float, list[tuple[int, int]]]:
        """The best combination with one more term, and what it explains."""
        added, removed = self._allowed(terms)
        sums = sum(sign * self._whole.sums[at, channel] for at, sign in terms)
        size = sum(sign * self._whole.sizes[at] for at, sign in terms)
        own, sizes = self._whole.sums[:, channel], self._whole.sizes
        shares = []
        for sign, allowed in ((1, added), (-1, removed)):
            usable = allowed & (size + sign * sizes > 0) & (size + sign * sizes < self._whole.classes)
            share = np.full(len(own), -1.0)
            total = np.full(int(usable.sum()), self._whole.total[channel])
            share[usable] = share_of_sums(
                sums + sign * own[usable], size + sign * sizes[usable], self._whole.classes, total
            )
            shares.append(share)
        sign, at = divmod(int(np.concatenate(shares).argmax()), len(own))
        return float(shares[sign][at]), [*terms, (at, -1 if sign else 1)]

    def _allowed(self, terms: Sequence[tuple[int, int]]) -> tuple[Bools, Bools]:
        """The concepts that can be added, and those of several classes that can be taken away."""
        added = np.ones(len(self._several), bool)
        removed = np.zeros(len(self._several), bool)
        for at, sign in terms:
            if sign > 0:
                added &= self._disjoint[at]
                removed |= self._inside[at]
        for at, sign in terms:
            if sign < 0:
                removed &= self._disjoint[at]
        return added, removed & self._several
