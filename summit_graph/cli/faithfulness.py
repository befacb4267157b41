"""The command that tests a class's graph: faithfulness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.analysis.reports import PartName
from summit_graph.cli.console import ProgressBar, print_json, progress_bar, say
from summit_graph.cli.counting_options import ComputeOptions, SkipBadOption
from summit_graph.cli.counting_runs import counted_images, read_models, report_skipped, require_compute
from summit_graph.cli.options import (
    ClassArgument,
    JsonOption,
    NetworkOption,
    UriOption,
    takes_options,
    the_database,
)
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import ClassSummary, Parameters

if TYPE_CHECKING:
    from summit_graph.faithfulness.subject import Subject
    from summit_graph.images import Dataset
    from summit_graph.model.counted import CountedModel
    from summit_graph.store.connection import Database
    from summit_graph.store.networks import Network
    from summit_graph.views.classes import StoredClass

app = typer.Typer()

#: Images of other classes that the means are taken from, at most.
OTHERS = 500


@dataclass(frozen=True, kw_only=True)
class FaithfulnessOptions(ComputeOptions):
    """What is measured, and on which images."""

    images: Annotated[
        Path,
        typer.Option(
            "--images",
            metavar="IMAGES",
            help="Images of the class and of others, as for ingest; best those that the graph has not seen. "
            "If the network was counted with --split, its share of them is tested.",
        ),
    ]
    counted: Annotated[
        Path | None,
        typer.Option(
            "--counted",
            metavar="IMAGES",
            help="For --part stability: the images that the network was counted on, as given to ingest.",
            show_default="with a split, --images",
        ),
    ] = None
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Not needed, since outputs are stored with the classes; accepted like the other options of "
            "ingest.",
        ),
    ] = None
    images_per_class: Annotated[
        int, typer.Option("--images-per-class", min=2, help="Only the first N images of the class.")
    ] = 50
    quick: Annotated[bool, typer.Option("--quick", help="Fewer points of the curves.")] = False
    skip_bad: SkipBadOption = False
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random channels and intervals.")] = 0
    part: Annotated[
        list[PartName] | None,
        typer.Option(
            "--part",
            help="Measure only this part (repeatable).",
            show_default="all but stability and sanity",
        ),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Also measure parts whose stored result would be kept.")
    ] = False


@app.command(epilog="Example: summit-graph faithfulness 'brown bear' --images held-out/ --quick")
@takes_options
def faithfulness(
    options: FaithfulnessOptions,
    class_: ClassArgument,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Test how much of a class's log-odds the channels and influences of its graph carry.

    Replaces the best channels of each layer by their means over other classes, or all but the best. Compares
    the graph with plain counts, gradient x activation and random channels. Takes out the graph's influences
    in the same way, beside random ones and those of the largest counts.

    The class keeps each part of the result as soon as it is measured. The same command measures only what is
    missing: after an interruption it continues.
    """
    require_compute()
    from summit_graph.cli.faithfulness_tables import print_report
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import find_class
    from summit_graph.workflows.faithfulness import measure_parts, named_parts

    with the_database(uri) as database, progress_bar("reading", unit="passes") as bar:
        found = find_network(database, network)
        stored = find_class(database, found.name, class_)
        subject = _subject(options, database, found, stored, bar)
        report = measure_parts(
            database, stored, subject, named_parts(options.part), again=options.again, on_kept=_say_kept
        )
    if as_json:
        print_json(report)
    else:
        print_report(report)
    report_skipped([one.to_json() for one in dict.fromkeys(subject.skipped)])


def _subject(
    options: FaithfulnessOptions, database: Database, network: Network, stored: StoredClass, bar: ProgressBar
) -> Subject:
    """What is tested; images are listed, not yet read."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.faithfulness.subject import Subject
    from summit_graph.views.activations import read_similar
    from summit_graph.views.faithfulness import read_influences, read_scores
    from summit_graph.views.graphs import graph_of

    scores, graph = read_scores(database, network, stored), graph_of(database, network.name, stored)
    influences = read_influences(database, network, stored)
    parameters = network.parameters or Parameters()
    images = _kept_out(_images(options.images, stored.summary), parameters)
    model, counting_model = read_models(options, bar, None, parameters)
    _check_model(network, model)
    return Subject(
        model=model,
        counting_model=counting_model,
        dataset=_with_others(images, stored.summary.folder, options.images_per_class),
        images=images.first(options.images_per_class),
        graph=graph,
        scores=scores,
        parameters=parameters,
        influences=influences,
        device=select_device(options.device),
        seed=options.seed,
        quick=options.quick,
        skip_bad=options.skip_bad,
        show=lambda description, done, total: bar.show(description=description, done=done, total=total),
        counted=_counted(options, stored.summary, parameters),
        similar=cache(lambda: read_similar(database, network.name, stored.summary.name)),
    )


def _say_kept(name: str, measured: Mapping[str, Any]) -> None:
    say(f"{name}: kept from {measured['at']} ({measured['images']}); --again measures it again.")


def _check_model(network: Network, model: CountedModel) -> None:
    if network.model_key != model.model_key:
        raise SummitGraphError(
            f"network {network.name} was made with another model or input rule than {model.name}: "
            "give the --model, --weights and input options that it was made with"
        )
    if network.widths != tuple(model.channels.items()):
        raise SummitGraphError(
            f"network {network.name} was made with other layers than {', '.join(model.channels)}: "
            "give the --layers that it was made with"
        )


def _images(source: Path, summary: ClassSummary) -> Dataset:
    """All images, which must be of the class and of others."""
    from summit_graph.images import read_dataset
    from summit_graph.images.downloads import find_images

    dataset = read_dataset(find_images(source))
    if summary.folder not in dataset.classes:
        names = ", ".join(list(dataset.classes)[:5])
        raise UsageError(f"{source} has no class {summary.folder!r}; it has: {names}")
    if not any(files for name, files in dataset.classes.items() if name != summary.folder):
        raise UsageError(
            f"{source} has images of {summary.folder!r} alone: the means need those of other classes"
        )
    return dataset


def _counted(options: FaithfulnessOptions, summary: ClassSummary, parameters: Parameters) -> Dataset | None:
    """The images that the network was counted on; None if they are not known."""
    source = options.counted or (None if parameters.split is None else options.images)
    return None if source is None else counted_images(_images(source, summary), parameters)


def _kept_out(dataset: Dataset, parameters: Parameters) -> Dataset:
    """The images that were kept out of counting, if the network was counted with a split; else all."""
    if parameters.split is None:
        return dataset
    say(f"Testing the images that --split {parameters.split:g} kept out of counting.")
    return dataset.split(parameters.split)[1]


def _with_others(dataset: Dataset, class_name: str, number: int) -> Dataset:
    """The class's first images, and as many of every other class as together are enough for the means."""
    others = {name: files for name, files in dataset.classes.items() if name != class_name}
    own = replace(dataset, classes={class_name: dataset.classes[class_name]}).first(number)
    rest = replace(dataset, classes=others).first(max(1, OTHERS // len(others)))
    return replace(dataset, classes={**own.classes, **rest.classes})
