"""Commands for words: label, find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import print_json, print_table, progress_bar, say
from summit_graph.cli.options import JsonOption, NetworkOption, UriOption, the_database
from summit_graph.defaults import FOUND
from summit_graph.display.wording import counted
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import LABEL_SOURCES

if TYPE_CHECKING:
    from summit_graph.channel_labels.hierarchy import Hierarchy
    from summit_graph.records import Channel, ChannelLabel, LabelSource
    from summit_graph.views.channel_labels import LabelState
    from summit_graph.workflows.label import Labeller

app = typer.Typer()


class TableFormat(StrEnum):
    """Output formats of a table."""

    table = "table"
    json = "json"


@app.command(
    epilog="Examples: summit-graph label · summit-graph label --network birds --concepts families.tsv"
)
def label(
    concepts: Annotated[
        Path | None,
        typer.Option(
            "--concepts",
            exists=True,
            dir_okay=False,
            help="Concepts of your own: class<TAB>parent in each line; parents may have parents. Classes are "
            "given by name, title or WordNet id.",
            metavar="FILE",
        ),
    ] = None,
    clip: Annotated[
        Path | None,
        typer.Option(
            "--clip",
            exists=True,
            file_okay=False,
            help="Folder of your own CLIP-like model in ONNX: vision_model.onnx, text_model.onnx and "
            "tokenizer.json. It labels channels that no concept describes.",
            metavar="DIR",
        ),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option(
            "--words",
            exists=True,
            dir_okay=False,
            help="The words that --clip compares with pictures, one in each line.",
            metavar="FILE",
            show_default="the names of the concepts",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Label nothing; measure how well labels from half of the classes predict the other half.",
        ),
    ] = False,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Label the channels of a network: what each responds to, in words.

    A label is the concept that explains best for which classes the channel fires, such as dog, or motor
    vehicle or school bus. Concepts are the synsets of WordNet above ImageNet's classes, the classes
    themselves, and your own. A channel that no concept describes well gets words for what its pictures look
    like, such as vertical stripes, black and yellow, where these are clear.

    All labels of the network are replaced at once. Prints how many channels of each layer are labelled.
    """
    from summit_graph.channel_labels.hierarchy import read_concepts
    from summit_graph.store.networks import find_network
    from summit_graph.workflows.label import label_network

    if check:
        _check(concepts, network, uri, as_json=as_json)
        return
    own = read_concepts(concepts) if concepts else None
    labellers = _labellers(own, clip, words)
    with the_database(uri) as database, progress_bar("reading", unit=None) as bar:
        found = find_network(database, network)
        labels = label_network(database, found, labellers, own=own, listener=bar.listener)
    rows = _rows([name for name, _ in found.widths], labels)
    if as_json:
        print_json({"network": found.name, "sources": list(labellers), "layers": rows})
    else:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    labelled = sum(one.text is not None for one in labels.values())
    say(f"Labelled {counted(labelled, 'channel', 'channels')} of network {found.name}.")


@app.command(
    epilog="Examples: summit-graph find dog · summit-graph find 'golden retreiver' · "
    "summit-graph find mixed4c/12 --format json"
)
def find(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="A name, synonym, WordNet id, output index or hypernym of classes, a label, or a channel.",
        ),
    ],
    form: Annotated[TableFormat, typer.Option("--format", "-f", help="table or json.")] = TableFormat.table,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Number of classes, and of channels.")] = FOUND,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Find classes and channels by a word, such as dog, wheel or yellow.

    dog finds all dogs of ImageNet, and the channels that are labelled by one of them. If nothing has the
    word, similar words are found.
    """
    from summit_graph.store.networks import find_network
    from summit_graph.views.channel_labels import read_label_state
    from summit_graph.views.finding import find as find_word

    with the_database(uri) as database:
        name = find_network(database, network).name
        found = find_word(database, name, word)
        state = read_label_state(database, name)
    of_kind = {kind: [one for one in found if one.kind == kind] for kind in ("class", "channel")}
    rows = [asdict(one) for listed in of_kind.values() for one in listed[:limit]]
    if as_json or form is TableFormat.json:
        print_json({"network": name, "word": word, "found": rows})
    else:
        columns = ["kind", "name", "text", "matched", "by", "score"]
        print_table(columns, [[row[column] for column in columns] for row in rows])
    _say_left_out(len(found) - len(rows), state)


def _say_left_out(further: int, state: LabelState | None) -> None:
    if further:
        say(f"{further:,} further ones are not listed: --limit lists more.")
    if state is None:
        say("The channels are not labelled yet: summit-graph label does it.")
    elif not state.current:
        say("The labels are of earlier classes: summit-graph label makes them anew.")


def _check(concepts: Path | None, network: str | None, uri: str | None, *, as_json: bool) -> None:
    from summit_graph.channel_labels.hierarchy import read_concepts
    from summit_graph.store.networks import find_network
    from summit_graph.workflows.label import check_labels

    own = read_concepts(concepts) if concepts else None
    with the_database(uri) as database:
        found = check_labels(database, find_network(database, network), own)
    if found is None:
        raise SummitGraphError("nothing can be checked: too few classes, or no label is by several classes")
    if as_json:
        print_json(asdict(found))
    else:
        print_table(list(asdict(found)), [list(asdict(found).values())])


def _labellers(own: Hierarchy | None, clip: Path | None, words: Path | None) -> dict[LabelSource, Labeller]:
    """The sources of labels, the preferred one first."""
    from summit_graph.channel_labels.encoders import Encoders
    from summit_graph.channel_labels.vocabulary import read_words
    from summit_graph.workflows.label import choose_labellers

    if words and not clip:
        raise UsageError("--words is for a model of images and text: give --clip, too")
    return choose_labellers(
        own,
        words=read_words(words) if words else None,
        encoders=Encoders(clip) if clip else None,
    )


def _rows(layers: list[str], labels: Mapping[Channel, ChannelLabel]) -> list[dict[str, str | int]]:
    """For each layer how many channels have a label of each source, and how many have none."""
    found: list[dict[str, str | int]] = []
    for layer in layers:
        of_layer = [label for channel, label in labels.items() if channel.layer == layer]
        sources = [label.source for label in of_layer if label.text is not None]
        row: dict[str, str | int] = {"layer": layer}
        row |= {source: sources.count(source) for source in LABEL_SOURCES}
        found.append(row | {"no_label": len(of_layer) - len(sources)})
    return found
