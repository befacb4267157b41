"""Labels the channels of a network and stores the labels (``channel_labels``).

Each source labels channels on its own; a channel gets the label of the first source that has a text for it.
All labels of the network are replaced in one transaction, so an interrupted run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from summit_graph.analysis.statistics import Ints
from summit_graph.channel_labels.appearance import label_by_appearance
from summit_graph.channel_labels.choosing import choose_labels
from summit_graph.channel_labels.concepts import label_by_concepts
from summit_graph.channel_labels.encoders import Encoders
from summit_graph.channel_labels.hierarchy import Hierarchy, concepts_of, hierarchy_text
from summit_graph.channel_labels.quality import HeldOut, hold_out
from summit_graph.channel_labels.vocabulary import images_of_channels, label_by_vocabulary
from summit_graph.errors import SummitGraphError
from summit_graph.pictures.index import Pictures
from summit_graph.records import Channel, ChannelLabel, Labelling, LabelSource
from summit_graph.store.channel_labels import write_labels
from summit_graph.store.connection import Database
from summit_graph.store.networks import Network
from summit_graph.system.listener import SILENT, Listener
from summit_graph.views.activations import ActivationRows, read_activation_rows
from summit_graph.views.classes import StoredClass
from summit_graph.views.pictures import read_pictures


@dataclass(frozen=True)
class LabelSubject:
    """What labels are made of: the counts of a network's classes, and the pictures of its channels."""

    network: Network
    rows: ActivationRows
    pictures: Pictures

    @property
    def channels(self) -> list[Channel]:
        """All channels, from the lowest layer up."""
        return [
            Channel(layer, index)
            for layer, counts in self.rows.rows.items()
            for index in range(counts.shape[1])
        ]


#: Labels channels by one source; the listener is called for stages of its own.
Labeller = Callable[[LabelSubject, Listener], Mapping[Channel, ChannelLabel]]


def choose_labellers(
    own: Hierarchy | None = None, *, encoders: Encoders | None = None, words: Sequence[str] | None = None
) -> dict[LabelSource, Labeller]:
    """The sources of labels, the preferred one first: concepts, a list of words, appearance.

    Args:
        own: concepts that the user gives.
        encoders: the user's model of images and text; without it there are no labels from words.
        words: the list of words; the names of the concepts by default.
    """
    labellers: dict[LabelSource, Labeller] = {"concepts": partial(concept_labels, own=own)}
    if encoders is not None:
        labellers["vocabulary"] = partial(vocabulary_labels, encoders=encoders, words=words, own=own)
    return labellers | {"appearance": appearance_labels}


def label_network(
    database: Database,
    network: Network,
    labellers: Mapping[LabelSource, Labeller],
    *,
    own: Hierarchy | None = None,
    listener: Listener = SILENT,
) -> dict[Channel, ChannelLabel]:
    """Label the channels of a network, store the labels and return them.

    Args:
        labellers: the preferred source first.
        own: concepts that the user gives, which are kept for ``find``.
        listener: called for each source, and for each image that is encoded.

    Raises:
        SummitGraphError: a source lacks what it needs.
        UnknownNameError: the network was removed meanwhile.
    """
    subject = read_subject(database, network)
    labels = choose_labels([labeller(subject, listener) for labeller in labellers.values()])
    concepts = hierarchy_text(own) if own else None
    labelling = replace(labelling_of(subject.rows.classes, *labellers), concepts=concepts)
    write_labels(database, network.name, labels, labelling, created=network.created)
    return labels


def read_subject(database: Database, network: Network) -> LabelSubject:
    """What the labels of a network are made of."""
    rows = read_activation_rows(database, network.name)
    return LabelSubject(network, rows, read_pictures(database, network.name))


def labelling_of(classes: Sequence[StoredClass], *sources: LabelSource) -> Labelling:
    """How labels are made that are of these classes."""
    return Labelling(sources, len(classes), max((stored.id for stored in classes), default=0))


def concept_labels(
    subject: LabelSubject, listener: Listener, own: Hierarchy | None = None
) -> dict[Channel, ChannelLabel]:
    """The labels by the classes that channels fire for.

    Args:
        own: concepts that the user gives.

    Raises:
        SummitGraphError: the network has attribution graphs only, or fewer than two classes.
    """
    listener.on_stage("labelling by concepts", 0)
    examples = {
        channel: [one.class_name for one in found] for channel, found in subject.pictures.examples.items()
    }
    classes = [stored.summary for stored in subject.rows.classes]
    return label_by_concepts(_counts(subject.network, subject.rows), classes, own=own, examples=examples)


def vocabulary_labels(
    subject: LabelSubject,
    listener: Listener,
    *,
    encoders: Encoders,
    words: Sequence[str] | None,
    own: Hierarchy | None,
) -> dict[Channel, ChannelLabel]:
    """The labels from a list of words; as of ``choose_labellers``.

    Raises:
        SummitGraphError: no channel has pictures.
    """
    images = images_of_channels(subject.pictures, subject.channels)
    if not images:
        raise SummitGraphError(
            f"the channels of network {subject.network.name} have no pictures to compare with words: "
            "make them with summit-graph render or examples"
        )
    concepts = concepts_of([stored.summary for stored in subject.rows.classes], own)
    names = list(dict.fromkeys(concept.names[0] for concept in concepts))
    return label_by_vocabulary(encoders, images, words or names, listener=listener)


def appearance_labels(subject: LabelSubject, listener: Listener) -> dict[Channel, ChannelLabel]:
    """The labels from statistics of pictures; channels without pictures have none."""
    return label_by_appearance(subject.pictures, subject.channels, listener=listener)


def check_labels(database: Database, network: Network, own: Hierarchy | None = None) -> HeldOut | None:
    """How well labels from half of the classes predict the other half (``quality``).

    Raises as ``concept_labels``.
    """
    rows = read_activation_rows(database, network.name)
    return hold_out(_counts(network, rows), [stored.summary for stored in rows.classes], own=own)


def _counts(network: Network, rows: ActivationRows) -> dict[str, Ints]:
    """Layer -> (classes, channels) of a network that has the counts of all channels of several classes."""
    if not rows.whole:
        raise SummitGraphError(
            f"network {network.name} has only attribution graphs: labels need the counts of all channels"
        )
    if len(rows.classes) < 2:
        raise SummitGraphError(f"network {network.name} has fewer than two classes: labels compare classes")
    return {layer: np.rint(found).astype(np.int64) for layer, found in rows.rows.items()}
