"""How well concepts explain a channel's rates over classes.

A channel's rate for a class is the share of the class's images in which it is a top channel. Three numbers
for a concept:

- AUC: of a class under the concept and another one, how often the former has the larger rate (ties count
  half). Only the order of the rates counts, so it does not matter that rates are small.
- explained: the share of the rates' variance over classes that the concept explains. It depends on how much
  larger the rates are and is 1 only if the channel has one rate under the concept and another elsewhere.
- p: one-sided, of what is observed independently. For a concept above several classes these are the classes
  (Mann-Whitney): a channel that fires for one breed is no evidence for dogs, however many images the breed
  has. For a single class these are the images (Fisher's exact test). Two or three classes are too few to
  compare; there it is also evidence if each of them is significant over its images.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from summit_graph.analysis.statistics import Floats, Ints, fisher_upper_tail

Bools = npt.NDArray[np.bool_]
#: Mann-Whitney's p is exact if the smaller side has at most so many classes (as in scipy).
EXACT = 8
#: A concept of so many classes at most is also tested class by class, over images.
FEW = 3


def concept_p(counts: Ints, images: Ints, members: Bools, over_classes: Floats) -> Floats:
    """p of each concept for each channel, from the test that fits its number of classes.

    Args:
        counts: int64 (classes, channels), images in which the channel is a top channel.
        images: int64 (classes,).
        members: bool (concepts, classes).
        over_classes: float64 (concepts, channels), p of ``mann_whitney``.

    Returns:
        float64 (concepts, channels).
    """
    of_classes, found = single_class_p(counts, images), over_classes.copy()
    for at, size in enumerate(members.sum(axis=1).tolist()):
        if size <= FEW:
            all_significant = of_classes[members[at]].max(axis=0)
            both = 2 * np.minimum(all_significant, over_classes[at])  # the better of two tests
            found[at] = all_significant if size == 1 else np.minimum(both, 1.0)
    return found


def mann_whitney(rates: Floats, members: Bools) -> tuple[Floats, Floats]:
    """AUC and p of each concept for each channel.

    Args:
        rates: float64 (classes, channels).
        members: bool (concepts, classes), the classes under each concept: at least one, not all.

    Returns:
        Two float64 (concepts, channels) arrays.
    """
    from scipy.stats import rankdata

    ranks = rankdata(rates, axis=0)
    inside = members.sum(axis=1)[:, None]  # (concepts, 1)
    outside = members.shape[1] - inside
    larger = members.astype(float) @ ranks - inside * (inside + 1) / 2  # U: pairs with the larger rate inside
    p = _normal_tail(larger, inside, outside, _tie_terms(ranks))
    for row, (one, other) in enumerate(zip(inside[:, 0].tolist(), outside[:, 0].tolist(), strict=True)):
        if min(one, other) <= EXACT:
            p[row] = _exact_tail(*sorted((one, other)))[np.floor(larger[row]).astype(int)]
    return larger / (inside * outside), p


def _tie_terms(ranks: Floats) -> Floats:
    """The sum of t^3 - t over the groups of t equal rates of each channel; float64 (channels,)."""
    ordered = np.sort(ranks, axis=0)
    terms = np.zeros(ranks.shape[1])
    for channel in range(ranks.shape[1]):
        sizes = np.unique(ordered[:, channel], return_counts=True)[1].astype(float)
        terms[channel] = (sizes**3 - sizes).sum()
    return terms


def _normal_tail(larger: Floats, inside: Ints, outside: Ints, ties: Floats) -> Floats:
    """P(U >= larger) by the normal approximation, with corrections for ties and continuity."""
    from scipy.special import ndtr

    n = inside + outside
    variance = inside * outside / 12 * (n + 1 - ties / (n * (n - 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (larger - inside * outside / 2 - 0.5) / np.sqrt(variance)
    return np.where(variance > 0, ndtr(-z), 1.0)


@cache
def _exact_tail(small: int, large: int) -> Floats:
    """P(U >= u) for u = 0 … small * large, if all orders of the classes are equally likely; without ties."""
    counts = np.zeros(small * large + 1, object)  # Python's integers: exact
    counts[0] = 1
    for one in range(1, small + 1):  # Gaussian binomial: times (1 - x^(large + one)), divided by (1 - x^one)
        shifted = counts.copy()
        shifted[large + one :] -= counts[: max(0, len(counts) - large - one)]
        for at in range(one, len(shifted)):
            shifted[at] += shifted[at - one]
        counts = shifted
    upper = np.cumsum(counts[::-1])[::-1]
    return np.array([float(at / upper[0]) for at in upper])


def explained_share(rates: Floats, members: Bools) -> Floats:
    """The explained share of the variance of rates, negative where the rates inside are smaller.

    Args:
        rates: float64 (classes, channels).
        members: bool (concepts, classes), as in ``mann_whitney``.

    Returns:
        float64 (concepts, channels); 0 for a channel with one rate for all classes.
    """
    centred = rates - rates.mean(axis=0)
    return share_of_sums(
        members.astype(float) @ centred, members.sum(axis=1)[:, None], len(rates), (centred**2).sum(axis=0)
    )


def share_of_sums(sums: Floats, sizes: Ints, classes: int, total: Floats) -> Floats:
    """``explained_share`` of sets of classes, from the sums of centred rates in them.

    Args:
        sums: sums of the centred rates over each set.
        sizes: number of classes of each set, at least 1, fewer than ``classes``.
        total: sum of the squared centred rates over all classes.
    """
    between = sums * np.abs(sums) * classes / (sizes * (classes - sizes))
    return np.divide(
        between, total, out=np.zeros_like(between), where=np.broadcast_to(total > 0, between.shape)
    )


def single_class_p(counts: Ints, images: Ints) -> Floats:
    """Fisher's exact test of each class for each channel, over images.

    Args:
        counts: int64 (classes, channels), images in which the channel is a top channel.
        images: int64 (classes,).

    Returns:
        float64 (classes, channels).
    """
    at = np.nonzero(counts)
    p = np.ones(counts.shape)
    p[at] = fisher_upper_tail(
        counts[at], counts.sum(axis=0)[at[1]], size=images[at[0]], total=int(images.sum())
    )
    return p
